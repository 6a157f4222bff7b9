/**
 * 16-bit storage. TensorFlow.js has no such type, so a HalfTensor is not a tf.Tensor: only the runtime's own
 * operations take one, anything else is a type error and, at run time, an exception.
 */
import { attribute, DType, type OpAttribute } from './binding';
import { backend, type Tensor } from './tensorflow';

export type HalfType = 'bfloat16' | 'float16';

function castAttributes(from: keyof typeof DType, to: keyof typeof DType): OpAttribute[] {
  return [
    attribute('SrcT', 'type', DType[from]),
    attribute('DstT', 'type', DType[to]),
    attribute('Truncate', 'bool', false),
  ];
}

export class HalfTensor {
  readonly shape: number[];
  readonly dtype: HalfType;
  readonly #id: number;
  #disposed = false;

  /** Takes over the tensor `id` of the binding. */
  constructor(id: number, shape: number[], dtype: HalfType) {
    this.#id = id;
    this.shape = shape;
    this.dtype = dtype;
  }

  /** Rounds a float32 tensor to 16 bit (to nearest, ties to even). */
  static from(x: Tensor, dtype: HalfType): HalfTensor {
    const cast = castAttributes('float32', dtype);
    const [{ id, shape }] = backend.binding.executeOp('Cast', cast, backend.getInputTensorIds([x]), 1);
    return new HalfTensor(id, shape, dtype);
  }

  get id(): number {
    if (this.#disposed) throw new Error('This HalfTensor was disposed');
    return this.#id;
  }

  /** The 16-bit values as they lie in memory. */
  bytes(): ArrayBuffer {
    return backend.binding.tensorBytes(this.id);
  }

  /**
   * @param after in a compiled function: not before this tensor is there. Nothing else would keep TensorFlow from
   *     widening all of a model's matrices as soon as the function starts.
   */
  toFloat32(after?: Tensor): Tensor {
    const cast = castAttributes(this.dtype, 'float32');
    const others = after && backend.getInputTensorIds([after]);
    return backend.createOutputTensor(backend.binding.executeOp('Cast', cast, [this.id], 1, others)[0]);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#id >= 0) backend.binding.deleteTensor(this.#id);
  }

  // TensorFlow.js looks a tensor's data up by this: a HalfTensor given to it fails here, with a reason.
  get dataId(): never {
    throw new Error(`A ${this.dtype} HalfTensor was given to an operation of TensorFlow.js: use toFloat32()`);
  }
}
