/** Tensors made of others when they are written: parts, joins, turned ones. One at a time is in memory. */
import { byteSize } from './dtypes';
import { gather, rowMajor } from './strides';
import type { TensorFile } from './tensorFile';
import type { StoredTensor } from './writeSafetensors';

/** A tensor of a file as it is. */
export function storedIn(file: TensorFile, name: string): StoredTensor {
  const { dtype, shape } = file.info(name);
  return { dtype, shape, bytes: () => file.bytes(name) };
}

/** One of `count` equal parts, along the first side. */
export function part(tensor: StoredTensor, index: number, count: number): StoredTensor {
  const { dtype, shape } = tensor;
  const own = [shape[0] / count, ...shape.slice(1)];
  const size = byteSize(dtype, own);
  // A copy: what is written next may not keep the whole alive.
  return { dtype, shape: own, bytes: () => tensor.bytes().slice(index * size, (index + 1) * size) };
}

/** One behind the other, along the first side. */
export function join(tensors: readonly StoredTensor[]): StoredTensor {
  const [{ dtype, shape }] = tensors;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0], 0);
  const bytes = () => new Uint8Array(Buffer.concat(tensors.map((tensor) => tensor.bytes())));
  return { dtype, shape: [rows, ...shape.slice(1)], bytes };
}

export function zerosLike({ dtype, shape }: StoredTensor): StoredTensor {
  return { dtype, shape, bytes: () => new Uint8Array(byteSize(dtype, shape)) };
}

/** [m, n] → [n, m] */
export function turned(tensor: StoredTensor): StoredTensor {
  const { dtype, shape } = tensor;
  const own = [...shape].reverse();
  const bytes = () => gather(tensor.bytes(), own, rowMajor(shape).reverse(), byteSize(dtype, [1]));
  return { dtype, shape: own, bytes };
}

export function areEqual(a: StoredTensor, b: StoredTensor): boolean {
  const isAlike = a.dtype === b.dtype && `${a.shape}` === `${b.shape}`;
  return isAlike && Buffer.compare(a.bytes(), b.bytes()) === 0;
}
