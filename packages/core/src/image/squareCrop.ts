/**
 * A part of RGB pixels as a square, resized as PIL resizes (bicubic, a = −0.5, the kernel widened when shrinking), to one step
 * of 255: weights have 14 bits instead of 22, so that vectors compute it. For training; `resample` gives PIL's own bytes.
 */
import { cubicTaps } from './resample';
import { memoryBytes, passes, placesOf, put, rowBytes, SPARE_ROWS } from './wasm/passes';

/** What the pixels of one axis are made of: as many pairs of weights each, the last ones of which may be 0. */
interface Taps {
  first: Int32Array;
  count: Int32Array;
  weights: Int16Array;
  pairs: number;
}

const BITS = 14;
/** Axes whose weights are kept: pictures come in few sizes, crops in a few hundred. */
const KEPT = 2048;

const kept = new Map<string, Taps>();

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
  const arrays = [across.first, across.weights, down.first, down.count, down.weights];
  const [lineStep, rowStep] = [width * 3, rowBytes(size)];
  const [picture, rows, square, ...places] = placesOf(
    (height + SPARE_ROWS) * lineStep + across.pairs * 6,
    (box.height + SPARE_ROWS) * rowStep,
    size * size * 3,
    ...arrays.map(({ byteLength }) => byteLength),
  );
  const bytes = memoryBytes();
  arrays.forEach((array, i) => put(bytes, places[i], array));
  const [a, aWeights, d, dCount, dWeights] = places;
  fill(Buffer.from(bytes.buffer, picture, width * height * 3));
  const start = picture + box.top * lineStep + box.left * 3;
  const code = passes();
  code.across(
    start,
    rows,
    lineStep,
    box.height,
    size,
    rowStep,
    Number(isMirrored),
    a,
    across.pairs,
    aWeights,
  );
  code.down(rows, square, rowStep, size * 3, size, d, dCount, down.pairs, dWeights);
  target.set(bytes.subarray(square, square + size * size * 3));
}

function tapsOf(from: number, to: number): Taps {
  const key = `${from} ${to}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= KEPT) kept.clear();
  const { first, count, weights, stride } = cubicTaps(from, to, BITS);
  const pairs = Math.ceil(Math.max(...count) / 2);
  const padded = new Int16Array(to * pairs * 2);
  for (let i = 0; i < to; i++) padded.set(weights.subarray(i * stride, i * stride + count[i]), i * pairs * 2);
  const taps = { first, count, weights: padded, pairs };
  kept.set(key, taps);
  return taps;
}
