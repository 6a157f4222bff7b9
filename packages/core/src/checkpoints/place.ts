/** A tensor of a file as the device's. */
import { HalfTensor, mapTensor, tf, type HalfType, type Tensor } from '../runtime';
import type { Matrix } from '../nn';
import type { Source } from './match';

const HALF = { F16: 'float16', BF16: 'bfloat16' } as const;

/**
 * Maps a tensor, converting it on the device where it is stored in another type than wanted.
 * @param dtype 16-bit type wanted; float32 unless given
 */
export function place(source: Source, dtype?: HalfType): Matrix {
  const { dtype: stored, strides } = source.file.info(source.name);
  if (dtype && !strides && stored in HALF && HALF[stored as keyof typeof HALF] === dtype)
    return mapped(source, dtype);
  const wide = tf.tidy(() => tf.keep(float32(source)));
  if (!dtype) return wide;
  const half = HalfTensor.from(wide, dtype);
  wide.dispose();
  return half;
}

function float32(source: Source): Tensor {
  const { file, name } = source;
  const { dtype, shape, strides } = file.info(name);
  if (dtype === 'F32' && !strides) return mapped(source, 'float32');
  if (strides || (dtype !== 'F16' && dtype !== 'BF16'))
    return tf.tensor(file.float32(name), shape, 'float32');
  const half = mapped(source, HALF[dtype]);
  const wide = half.toFloat32();
  half.dispose();
  return wide;
}

function mapped(source: Source, dtype: 'float32'): Tensor;
function mapped(source: Source, dtype: HalfType): HalfTensor;
function mapped({ file, name }: Source, dtype: 'float32' | HalfType): Matrix {
  const { begin, shape } = file.info(name);
  return mapTensor(file.path, begin, dtype as 'float32', shape);
}
