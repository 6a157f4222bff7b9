/** Writing safetensors files (the format: header.ts), tensor by tensor, from the host or the device. */
import { Blip2Error, HalfTensor, tf, type HalfType, type ParameterStore, type Tensor } from '../runtime';
import { byteSize, toFloat32, type SafetensorsDtype } from './dtypes';
import { writeFileAtomic } from './files';

/** A tensor in host memory. */
export interface HostTensor {
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}

/** What a file holds of a tensor. */
export interface StoredTensor {
  dtype: SafetensorsDtype;
  shape: readonly number[];
  /** Fetched when its turn comes: one tensor at a time is in host memory. */
  bytes(): Uint8Array;
}

/** What can be written: tensors of the host or of the device, 16-bit ones included, or whatever gives bytes. */
export type WritableTensor = HostTensor | Tensor | HalfTensor | StoredTensor;

/** Where tensors should begin, so that a mapped file is used as it lies in memory. */
const ALIGNMENT = 64;

const TYPES = { float32: 'F32', int32: 'I32', bool: 'BOOL', bfloat16: 'BF16', float16: 'F16' } as const;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * How a tensor is stored.
 *
 * @param what names the tensor in errors
 * @param dtype rounds a float32 tensor to 16 bit (to nearest, ties to even); others stay as they are
 * @throws Blip2Error if values of the host do not fill the shape
 */
export function toStored(tensor: WritableTensor, what: string, dtype?: HalfType): StoredTensor {
  const { shape } = tensor;
  if (tensor instanceof HalfTensor) {
    return { dtype: TYPES[tensor.dtype], shape, bytes: () => new Uint8Array(tensor.bytes()) };
  }
  if (tensor instanceof tf.Tensor) {
    if (dtype && tensor.dtype === 'float32') return rounded(shape, () => tensor.clone(), dtype);
    const type = TYPES[tensor.dtype as keyof typeof TYPES];
    return { dtype: type, shape, bytes: () => bytesOf(tensor.dataSync()) };
  }
  if ('bytes' in tensor) {
    if (!dtype || tensor.dtype !== 'F32') return tensor;
    return rounded(shape, () => tf.tensor(toFloat32('F32', tensor.bytes())!, [...shape], 'float32'), dtype);
  }
  const { data } = tensor;
  const size = shape.reduce((product, side) => product * side, 1);
  if (size !== data.length) {
    throw new Blip2Error(`${what}: shape [${shape.join(', ')}] wants ${size} values, got ${data.length}`, {
      hint: 'Correct the shape, or give all values.',
    });
  }
  if (!(data instanceof Float32Array)) {
    return { dtype: data instanceof Int32Array ? 'I32' : 'U8', shape, bytes: () => bytesOf(data) };
  }
  if (dtype) return rounded(shape, () => tf.tensor(data, tensor.shape, 'float32'), dtype);
  return { dtype: 'F32', shape, bytes: () => bytesOf(data) };
}

/** All parameters as they are, each read when its turn comes: a store is written without being in host memory as a whole. */
export function storedParameters(parameters: ParameterStore): Record<string, StoredTensor> {
  const stored = (name: string): StoredTensor => ({
    dtype: 'F32',
    shape: parameters.shape(name),
    bytes: () => consume(parameters.read(name)),
  });
  return Object.fromEntries(parameters.names().map((name) => [name, stored(name)]));
}

/** Values of a tensor that is not needed any more. */
function consume(tensor: Tensor): Uint8Array {
  const bytes = bytesOf(tensor.dataSync());
  tensor.dispose();
  return bytes;
}

function rounded(shape: readonly number[], read: () => Tensor, dtype: HalfType): StoredTensor {
  const bytes = () => {
    const value = read();
    const half = HalfTensor.from(value, dtype);
    const result = new Uint8Array(half.bytes());
    half.dispose();
    value.dispose();
    return result;
  };
  return { dtype: TYPES[dtype], shape, bytes };
}

/** Largest power of two up to ALIGNMENT that divides a size. */
function alignmentOf({ dtype, shape }: StoredTensor): number {
  const size = byteSize(dtype, shape);
  let alignment = ALIGNMENT;
  while (size % alignment) alignment /= 2;
  return alignment;
}

/** Bytes of a file. Tensors whose sizes are multiples of 64 lie first, so that nearly all begin at one. */
export function* safetensorsChunks(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>>,
): Generator<Uint8Array> {
  const inOrder = [...tensors].sort(([, a], [, b]) => alignmentOf(b) - alignmentOf(a));
  const entries: [string, unknown][] = Object.keys(metadata).length ? [['__metadata__', metadata]] : [];
  let at = 0;
  for (const [name, { dtype, shape }] of inOrder) {
    const size = byteSize(dtype, shape);
    entries.push([name, { dtype, shape, data_offsets: [at, at + size] }]);
    at += size;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // The format allows spaces behind the header.
  const length = Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT;
  const head = Buffer.alloc(length, ' ');
  head.writeBigUInt64LE(BigInt(length - 8));
  json.copy(head, 8);
  yield head;
  for (const [, tensor] of inOrder) yield tensor.bytes();
}

/** Writes tensors, whole or not at all. @throws Blip2Error naming the tensor or the file. */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const stored = Object.entries(tensors).map(
    ([name, tensor]) => [name, toStored(tensor, `${path}: tensor ${name}`)] as const,
  );
  writeFileAtomic(path, safetensorsChunks(new Map(stored), metadata));
}
