/**
 * Resizing as PIL (up to version 12) does it, bit for bit, so that a model sees here what it sees in Python: bicubic (a = −0.5), the kernel
 * widened when shrinking, rows before columns, bytes between the two passes, weights as integers of 22 bits. By vectors
 * (wasm/resample.c), in an eighth of the time that JavaScript took.
 */
import type { RawImage } from './decode';
import { cubicTaps, keptByAxis } from './taps';
import { passes, placesOf, rowBytes, SPARE_ROWS } from './wasm/passes';

/** Fixed point as in PIL: 32 bits without 8 of a pixel and 2 for sums that overshoot. */
const PRECISION_BITS = 32 - 8 - 2;
/** Rows of a picture that are in the compiled code's memory at a time. */
const STRIP = 64;

const tapsOf = keptByAxis((from, to) => cubicTaps(from, to, PRECISION_BITS));

/** RGB pixels as `size`×`size`, whatever their aspect ratio; an axis of that length stays as it is. */
export function resample({ width, height, data }: RawImage, size: number): Uint8Array {
  const rows = width === size ? data : across(data, { width, height }, size);
  return height === size ? rows : down(rows, height, size);
}

/** [height, width, 3] → [height, size, 3]. */
function across(data: Uint8Array, { width, height }: Omit<RawImage, 'data'>, size: number): Uint8Array {
  const axis = tapsOf(width, size);
  const [lineStep, outStep] = [width * 3, rowBytes(size)];
  const sizes = [(STRIP + SPARE_ROWS) * lineStep, (STRIP + SPARE_ROWS) * outStep];
  const { bytes, sized, taps } = placesOf(sizes, [axis.first, axis.count, axis.weights]);
  const [[strip, rows], [first, count, weights]] = [sized, taps];
  const out = new Uint8Array(height * size * 3);
  for (let top = 0; top < height; top += STRIP) {
    const lines = Math.min(STRIP, height - top);
    bytes.set(data.subarray(top * lineStep, (top + lines) * lineStep), strip);
    passes().acrossExactly(strip, rows, lineStep, lines, size, outStep, first, count, weights, axis.stride);
    for (let line = 0; line < lines; line++) {
      const from = rows + line * outStep;
      out.set(bytes.subarray(from, from + size * 3), (top + line) * size * 3);
    }
  }
  return out;
}

/** [height, size, 3] → [size, size, 3]. */
function down(data: Uint8Array, height: number, size: number): Uint8Array {
  const axis = tapsOf(height, size);
  const sizes = [data.length, size * size * 3];
  const { bytes, sized, taps } = placesOf(sizes, [axis.first, axis.count, axis.weights]);
  const [[rows, square], [first, count, weights]] = [sized, taps];
  bytes.set(data, rows);
  passes().downExactly(rows, square, size * 3, size * 3, size, first, count, weights, axis.stride);
  return bytes.slice(square, square + size * size * 3);
}
