/** What the pixels of a resized axis are made of, as PIL has it: bicubic (a = −0.5), the kernel widened when shrinking. */
const A = -0.5;
const SUPPORT = 2;
/** Axes that are kept: pictures come in few sizes, crops in a few hundred. */
const KEPT = 2048;

/** What each pixel of an axis is made of: `count` pixels from `first` on, their weights at `pixel · stride`. */
export interface Taps {
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
export function cubicTaps(from: number, to: number, bits: number): Taps {
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

/** What was made for an axis, kept for the next picture of the size. */
export function keptByAxis<T>(make: (from: number, to: number) => T): (from: number, to: number) => T {
  const kept = new Map<string, T>();
  return (from, to) => {
    const key = `${from} ${to}`;
    const known = kept.get(key);
    if (known) return known;
    if (kept.size >= KEPT) kept.clear();
    const made = make(from, to);
    kept.set(key, made);
    return made;
  };
}
