/**
 * The native binding, as TensorFlow.js and this project's extensions give it (packages/core/native), behind a
 * thin wrapper: while a trace is active, operations go into its graph in place of being executed.
 */
import { Blip2Error } from './errors';

export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

export type HostValues = Float32Array | Int32Array | Uint8Array;

export interface Binding {
  createTensor(shape: number[], dtype: number, values: HostValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): HostValues;
  /**
   * Asked of a trace alone: `after`, tensors that must be there before the operation runs; `shape` of its output, where
   * TensorFlow cannot infer it.
   */
  executeOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
    after?: readonly number[],
    shape?: number[],
  ): TensorMetadata[];
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_Version: string;

  graphCreate(): number;
  graphDelete(graph: number): void;
  graphPlaceholder(graph: number, dtype: number, shape: number[]): TensorMetadata;
  graphConst(graph: number, tensor: number): TensorMetadata;
  graphAddOp(
    graph: number,
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
    controls: number[],
    listed: number,
    untokened: boolean,
    shape?: number[],
  ): { operation: number; outputs: TensorMetadata[] };
  graphToFunction(
    graph: number,
    name: string,
    inputs: number[],
    outputs: number[],
    effects: number[],
  ): number;
  removeFunction(name: string): void;
  mapTensor(file: string, offset: number, bytes: number, dtype: number, shape: number[]): number;
  tensorBytes(id: number): ArrayBuffer;
  enableCollectives(serverDef: Uint8Array): void;
  watchTasks(tasks: string[]): void;
  /** Whether the operations of our own exist here (packages/core/native/kernels.h). */
  readonly hasKernels: boolean;
  /** Whether AMX computes products among them, of bfloat16 and, in three parts, of float32. */
  readonly hasAmx: boolean;
}

/** TensorFlow's type numbers (tensorflow/c/tf_datatype.h). */
export const DType = {
  float32: 1,
  int32: 3,
  int16: 5,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
  resource: 20,
  uint64: 23,
} as const;

/** TF_AttrType (tensorflow/c/tf_attrtype.h). */
const AttrType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5 } as const;

export function attribute(name: string, kind: keyof typeof AttrType, value: unknown): OpAttribute {
  return { name, type: AttrType[kind], value };
}

/** What the wrapper tells the trace that is being recorded. */
export interface Recorder {
  readonly name: string;
  /** Whether XLA compiles it, which knows TensorFlow's own operations alone. */
  readonly isXla: boolean;
  addOp(
    name: string,
    attributes: OpAttribute[],
    inputs: number[],
    outputs: number,
    after?: readonly number[],
    shape?: number[],
  ): TensorMetadata[];
  noteUpload(id: number, values: HostValues, shape: number[], dtype: number): void;
}

let recorder: Recorder | undefined;
/** Tensors that compiled functions hold as inputs: by how many, and whether their owner deleted them meanwhile. */
const pinned = new Map<number, { holders: number; released: boolean }>();
let native: Binding;

/** The binding without tracing: for the tracer itself and for what never belongs into a graph. */
export function nativeBinding(): Binding {
  return native;
}

export function activeRecorder(): Recorder | undefined {
  return recorder;
}

/** Runs `body` with every operation going to `next`; the recorder before it comes back whatever happens. */
export function recordWith<T>(next: Recorder, body: () => T): T {
  const previous = recorder;
  recorder = next;
  try {
    return body();
  } finally {
    recorder = previous;
  }
}

/** Keeps a tensor's memory while a compiled function needs it, though its owner may dispose of it. */
export function pin(id: number): void {
  const entry = pinned.get(id);
  if (entry) entry.holders++;
  else pinned.set(id, { holders: 1, released: false });
}

export function unpin(id: number): void {
  const entry = pinned.get(id);
  if (!entry || --entry.holders > 0) return;
  pinned.delete(id);
  if (entry.released) native.deleteTensor(id);
}

/** Wraps the native binding; TensorFlow.js's backend is given the result in place of the original. */
export function traceable(original: Binding): Binding {
  native = original;
  const intercepted: Partial<Binding> = {
    executeOp: (name, attributes, inputs, outputs, after, shape) =>
      recorder
        ? recorder.addOp(name, attributes, inputs, outputs, after, shape)
        : original.executeOp(name, attributes, inputs, outputs),
    createTensor: (shape, dtype, values) => {
      const id = original.createTensor(shape, dtype, values);
      recorder?.noteUpload(id, values, shape, dtype);
      return id;
    },
    deleteTensor: (id) => {
      const entry = pinned.get(id);
      if (entry) entry.released = true;
      else original.deleteTensor(id);
    },
    tensorDataSync: (id) => {
      if (recorder) throw readWhileRecording(recorder.name);
      return original.tensorDataSync(id);
    },
    tensorBytes: (id) => {
      if (recorder) throw readWhileRecording(recorder.name);
      return original.tensorBytes(id);
    },
  };
  const descriptors = Object.entries(intercepted).map(([name, value]) => [name, { value }] as const);
  return Object.create(original, Object.fromEntries(descriptors)) as Binding;
}

function readWhileRecording(name: string): Blip2Error {
  return new Blip2Error(`A tensor's value was read inside the compiled function "${name}"`, {
    hint: 'Return the tensor and read it outside: inside, values do not exist yet. The stack says where.',
  });
}
