/**
 * A part of RGB pixels as a square, resized as PIL resizes (bicubic, a = −0.5, the kernel widened when shrinking), to one step
 * of 255: weights have 14 bits instead of 22, so that vectors compute it. For training; `resample` gives PIL's own bytes.
 */
import { cubicTaps, keptByAxis } from './taps';
import { passes, placesOf, rowBytes, SPARE_ROWS } from './wasm/passes';

const BITS = 14;

/** In pairs of weights, as many for each pixel; the last ones may be 0. */
const tapsOf = keptByAxis((from, to) => {
  const { first, count, weights, stride } = cubicTaps(from, to, BITS);
  const pairs = Math.ceil(Math.max(...count) / 2);
  const padded = new Int16Array(to * pairs * 2);
  for (let i = 0; i < to; i++) padded.set(weights.subarray(i * stride, i * stride + count[i]), i * pairs * 2);
  return { first, count, weights: padded, pairs };
});

/** A part of a picture, in its own pixels. */
export interface Crop {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * @param fill writes the picture's width · height · 3 bytes to where it is told
 * @param target gets size · size · 3 bytes
 */
export function squareCrop(
  { width, height, fill }: { width: number; height: number; fill: (target: Buffer) => void },
  box: Crop,
  { size, isMirrored }: { size: number; isMirrored: boolean },
  target: Uint8Array,
): void {
  const [across, down] = [tapsOf(box.width, size), tapsOf(box.height, size)];
  const [lineStep, rowStep] = [width * 3, rowBytes(size)];
  const pictureBytes = (height + SPARE_ROWS) * lineStep + across.pairs * 6;
  const sizes = [pictureBytes, (box.height + SPARE_ROWS) * rowStep, size * size * 3];
  const arrays = [across.first, across.weights, down.first, down.count, down.weights];
  const { bytes, sized, taps } = placesOf(sizes, arrays);
  const [[picture, rows, square], [a, aWeights, d, dCount, dWeights]] = [sized, taps];
  fill(Buffer.from(bytes.buffer, picture, width * height * 3));
  const start = picture + box.top * lineStep + box.left * 3;
  const code = passes();
  const options = [rowStep, Number(isMirrored)] as const;
  code.across(start, rows, lineStep, box.height, size, ...options, a, across.pairs, aWeights);
  code.down(rows, square, rowStep, size * 3, size, d, dCount, down.pairs, dWeights);
  target.set(bytes.subarray(square, square + size * size * 3));
}
