/** Pictures of a split as the numbers that a tower reads. B pictures, S image side. */
import { normalise, resample } from '../image';
import { stackPixels, type ImageTextSplit } from '../data';

/** Normalised pixels [B, S, S, 3]; pictures of another size are resized, straight to the square. */
export function picturesFor(
  { imageSize }: { imageSize: number },
  split: ImageTextSplit,
  indices: ArrayLike<number>,
): Float32Array {
  const side = split.imageSize;
  const pixels = stackPixels(split, indices);
  if (side === imageSize) return normalise(pixels);
  const resized = new Uint8Array(indices.length * imageSize * imageSize * 3);
  for (let row = 0; row < indices.length; row++) {
    const data = pixels.subarray(row * side * side * 3, (row + 1) * side * side * 3);
    resized.set(resample({ width: side, height: side, data }, imageSize), row * imageSize * imageSize * 3);
  }
  return normalise(resized);
}
