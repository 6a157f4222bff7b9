/**
 * Resizing as PIL (up to version 12) does it, bit for bit, so that a model sees here what it sees in Python: bicubic (a = −0.5), the kernel
 * widened when shrinking, rows before columns, bytes between the two passes, weights as integers of 22 bits. By vectors
 * (wasm/resample.c), in an eighth of the time that JavaScript took.
 */
import type { RawImage } from './decode';
import { memoryBytes, passes, placesOf, put, rowBytes, SPARE_ROWS } from './wasm/passes';

const A = -0.5;
const SUPPORT = 2;
/** Fixed point as in PIL: 32 bits without 8 of a pixel and 2 for sums that overshoot. */
const PRECISION_BITS = 32 - 8 - 2;

/** What each of `to` pixels is made of: `count` pixels from `first` on, their weights at `pixel · stride`. */
interface Weights {
  stride: number;
  first: Int32Array;
  count: Int32Array;
  weights: Int32Array;
}

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * A : 0;
}

/** Taps of each of `to` pixels made of `from`, as fixed-point numbers of so many bits. */
export function cubicTaps(from: number, to: number, bits = PRECISION_BITS): Weights {
  const scale = from / to;
  const widened = Math.max(scale, 1);
  const support = SUPPORT * widened;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const row = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    // Multiplied by the inverse, as PIL does: a division rounds otherwise.
    let sum = 0;
    for (let x = 0; x < end - start; x++) {
      row[x] = cubic((x + start - centre + 0.5) * (1 / widened));
      sum += row[x];
    }
    first[i] = start;
    count[i] = end - start;
    for (let x = 0; x < end - start; x++) {
      const fixed = (row[x] / sum) * (1 << bits);
      weights[i * stride + x] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
  }
  return { stride, first, count, weights };
}

/** Rows of a picture that are in the compiled code's memory at a time. */
const STRIP = 64;

/** RGB pixels as `size`×`size`, whatever their aspect ratio; an axis of that length stays as it is. */
export function resample({ width, height, data }: RawImage, size: number): Uint8Array {
  const rows = width === size ? data : across(data, { width, height }, size);
  return height === size ? rows : down(rows, height, size);
}

/** [height, width, 3] → [height, size, 3]. */
function across(data: Uint8Array, { width, height }: Omit<RawImage, 'data'>, size: number): Uint8Array {
  const { first, count, weights, stride } = cubicTaps(width, size);
  const [lineStep, outStep] = [width * 3, rowBytes(size)];
  const [strip, rows, ...taps] = placesOf(
    (STRIP + SPARE_ROWS) * lineStep,
    (STRIP + SPARE_ROWS) * outStep,
    ...[first, count, weights].map(({ byteLength }) => byteLength),
  );
  const bytes = memoryBytes();
  [first, count, weights].forEach((array, i) => put(bytes, taps[i], array));
  const out = new Uint8Array(height * size * 3);
  for (let top = 0; top < height; top += STRIP) {
    const lines = Math.min(STRIP, height - top);
    bytes.set(data.subarray(top * lineStep, (top + lines) * lineStep), strip);
    passes().acrossExactly(strip, rows, lineStep, lines, size, outStep, taps[0], taps[1], taps[2], stride);
    for (let line = 0; line < lines; line++) {
      const from = rows + line * outStep;
      out.set(bytes.subarray(from, from + size * 3), (top + line) * size * 3);
    }
  }
  return out;
}

/** [height, size, 3] → [size, size, 3]. */
function down(data: Uint8Array, height: number, size: number): Uint8Array {
  const { first, count, weights, stride } = cubicTaps(height, size);
  const [rows, square, ...taps] = placesOf(
    data.length,
    size * size * 3,
    ...[first, count, weights].map(({ byteLength }) => byteLength),
  );
  const bytes = memoryBytes();
  [first, count, weights].forEach((array, i) => put(bytes, taps[i], array));
  bytes.set(data, rows);
  passes().downExactly(rows, square, size * 3, size * 3, size, taps[0], taps[1], taps[2], stride);
  return bytes.slice(square, square + size * size * 3);
}
