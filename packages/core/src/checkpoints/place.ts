/** A tensor of a file as the device's. */
import { HalfTensor, mapTensor, tf, type HalfType, type Tensor } from '../runtime';
import type { Matrix } from '../nn';
import type { Source } from './match';
import { HALF_TYPES } from './storage';

/**
 * Maps a tensor, converting it on the device where it is stored in another type than wanted.
 * @param dtype 16-bit type wanted; float32 unless given
 */
export function place(source: Source, dtype?: HalfType): Matrix {
  const { dtype: stored, strides } = source.file.info(source.name);
  if (dtype && !strides && HALF_TYPES[stored] === dtype) return mapped(source, dtype);
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
  const stored = HALF_TYPES[dtype];
  if (strides || !stored) return tf.tensor(file.float32(name), shape, 'float32');
  const half = mapped(source, stored);
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
