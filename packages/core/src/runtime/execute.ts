/** Single TensorFlow operations by name, for what TensorFlow.js has no function for. */
import { attribute, DType, type OpAttribute, type TensorMetadata } from './binding';
import { HalfTensor } from './half';
import { backend, tf, type Tensor } from './tensorflow';

/** A device resource (a variable's handle): known to operations by its id alone. */
export interface ResourceHandle {
  readonly resource: number;
}

export type Operand = Tensor | HalfTensor | ResourceHandle;

export function operandIds(operands: readonly Operand[]): number[] {
  return operands.map((operand) => {
    if (operand instanceof HalfTensor) return operand.id;
    if ('resource' in operand) return operand.resource;
    return backend.getInputTensorIds([operand])[0];
  });
}

/**
 * Runs an operation (or, while tracing, records it) and returns its raw outputs.
 * @param after in a compiled function: not before these tensors are there
 */
export function executeRaw(
  name: string,
  attributes: OpAttribute[],
  operands: readonly Operand[],
  outputs: number,
  after?: readonly Tensor[],
): TensorMetadata[] {
  const { binding } = backend;
  return binding.executeOp(name, attributes, operandIds(operands), outputs, after && operandIds(after));
}

/** Gives a raw output to TensorFlow.js, which then owns it. */
export function toTensor(metadata: TensorMetadata): Tensor {
  return backend.createOutputTensor(metadata);
}

/** Runs an operation with one float32, int32 or bool output. */
export function execute(
  name: string,
  attributes: OpAttribute[],
  operands: readonly Operand[],
  after?: readonly Tensor[],
): Tensor {
  return toTensor(executeRaw(name, attributes, operands, 1, after)[0]);
}

/** The same float32 numbers in memory of their own: tensors and variables else share theirs until one is written. */
export function copied(x: Tensor): Tensor {
  return execute('DeepCopy', [typeAttribute('float32')], [x]);
}

export function dtypeNumber(dtype: string): number {
  const number = (DType as Record<string, number | undefined>)[dtype];
  if (number === undefined) throw new Error(`No TensorFlow type for ${dtype}`);
  return number;
}

/** The attribute `T` (or another name) of an operation: the type of its operands. */
export function typeAttribute(dtype: string, name = 'T'): OpAttribute {
  return attribute(name, 'type', dtypeNumber(dtype));
}

export function int32(values: number[], shape?: number[]): Tensor {
  return tf.tensor(values, shape, 'int32');
}
