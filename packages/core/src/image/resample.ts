/**
 * Resizing as PIL (up to version 12) does it, bit for bit, so that a model sees here what it sees in Python: bicubic (a = −0.5), the kernel
 * widened when shrinking, rows before columns, bytes between the two passes, weights as integers of 22 bits.
 */
import type { RawImage } from './decode';

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
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const end = Math.min(Math.trunc(centre + support + 0.5), from);
    // Multiplied by the inverse, as PIL does: a division rounds otherwise.
    const row = Array.from({ length: end - start }, (_, x) =>
      cubic((x + start - centre + 0.5) * (1 / widened)),
    );
    const sum = row.reduce((total, weight) => total + weight, 0);
    first[i] = start;
    count[i] = row.length;
    row.forEach((weight, x) => {
      const fixed = (weight / sum) * (1 << bits);
      weights[i * stride + x] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
  }
  return { stride, first, count, weights };
}

/**
 * One pass along one axis: `lines` are rows or columns, `lineStep` bytes apart in `data` and `outLineStep` in `out`; the
 * pixels of a line are `step` bytes apart in both.
 */
function pass(
  data: Uint8Array,
  out: Uint8ClampedArray,
  { stride, first, count, weights }: Weights,
  { lines, lineStep, outLineStep, step }: Record<'lines' | 'lineStep' | 'outLineStep' | 'step', number>,
): void {
  const half = 1 << (PRECISION_BITS - 1);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < first.length; i++) {
      let red = half;
      let green = half;
      let blue = half;
      let at = line * lineStep + first[i] * step;
      const end = i * stride + count[i];
      for (let w = i * stride; w < end; w++, at += step) {
        const weight = weights[w];
        red += weight * data[at];
        green += weight * data[at + 1];
        blue += weight * data[at + 2];
      }
      const to = line * outLineStep + i * step;
      out[to] = red >> PRECISION_BITS;
      out[to + 1] = green >> PRECISION_BITS;
      out[to + 2] = blue >> PRECISION_BITS;
    }
  }
}

/** RGB pixels as `size`×`size`, whatever their aspect ratio; an axis of that length stays as it is. */
export function resample({ width, height, data }: RawImage, size: number): Uint8Array {
  let pixels = data;
  if (width !== size) {
    const out = new Uint8ClampedArray(size * height * 3);
    const steps = { lines: height, lineStep: width * 3, outLineStep: size * 3, step: 3 };
    pass(pixels, out, cubicTaps(width, size), steps);
    pixels = new Uint8Array(out.buffer);
  }
  if (height !== size) {
    const out = new Uint8ClampedArray(size * size * 3);
    pass(pixels, out, cubicTaps(height, size), { lines: size, lineStep: 3, outLineStep: 3, step: size * 3 });
    pixels = new Uint8Array(out.buffer);
  }
  return pixels;
}
