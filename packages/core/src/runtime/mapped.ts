/** Tensors that lie in a file: pages are read when they are first used, and shared by all processes that map them. */
import { DType } from './binding';
import { Blip2Error } from './errors';
import { toTensor } from './execute';
import { HalfTensor, type HalfType } from './half';
import { backend, tf, type Tensor } from './tensorflow';

const BYTES = { float32: 4, bfloat16: 2, float16: 2 };

/**
 * A tensor whose memory is a part of a file. Writing into the tensor never changes the file. Where the offset is no
 * multiple of 64, and on a GPU, the values are read at once instead.
 *
 * While the tensor lives, the file must not be changed or cut short in place: a page that is gone ends the process
 * (SIGBUS). Replacing it by renaming another over it does no harm.
 *
 * @param offset in bytes
 * @throws Blip2Error if the file cannot be read, or ends before the tensor does
 */
export function mapTensor(file: string, offset: number, dtype: 'float32', shape: number[]): Tensor;
export function mapTensor(file: string, offset: number, dtype: HalfType, shape: number[]): HalfTensor;
export function mapTensor(
  file: string,
  offset: number,
  dtype: 'float32' | HalfType,
  shape: number[],
): Tensor | HalfTensor {
  const bytes = shape.reduce((product, side) => product * side, BYTES[dtype]);
  if (bytes === 0) return empty(dtype, shape); // nothing to map
  let id: number;
  try {
    id = backend.binding.mapTensor(file, offset, bytes, DType[dtype], shape);
  } catch (cause) {
    throw new Blip2Error((cause as Error).message, {
      hint: 'The file is damaged, was cut short or has been replaced: copy or fetch it again.',
      cause,
    });
  }
  if (dtype !== 'float32') return new HalfTensor(id, shape, dtype);
  return toTensor({ id, shape, dtype: DType.float32 });
}

function empty(dtype: 'float32' | HalfType, shape: number[]): Tensor | HalfTensor {
  const zeros = tf.zeros(shape);
  if (dtype === 'float32') return zeros;
  const half = HalfTensor.from(zeros, dtype);
  zeros.dispose();
  return half;
}
