/** How counted values are spread: quantiles, and bars of equal width. */
import type { Histogram } from '../../capfilt';

/** Bars at most; several values share one beyond that. */
const MOST = 45;
/** Of all captions of a kind; what lies outside is not drawn. */
const [LOWEST, HIGHEST] = [0.001, 0.999];

/** From where to where bars go, and how many values make one. */
export interface Span {
  low: number;
  high: number;
  step: number;
}

export interface Bar {
  from: number;
  /** Of all. */
  share: number;
}

const total = (counts: Histogram): number => Object.values(counts).reduce((sum, times) => sum + times, 0);

/** The value up to which so large a share of all lies; 0 of none. */
export function quantile(counts: Histogram, share: number): number {
  const values = Object.keys(counts)
    .map(Number)
    .sort((a, b) => a - b);
  let left = share * total(counts);
  return values.find((value) => (left -= counts[value]) <= 0) ?? values.at(-1) ?? 0;
}

/** What all of these are drawn on. */
export function spanOf(all: readonly Histogram[]): Span {
  const low = Math.min(...all.map((counts) => quantile(counts, LOWEST)));
  const high = Math.max(...all.map((counts) => quantile(counts, HIGHEST))) + 1;
  const step = [1, 2, 5, 10, 20, 50].find((size) => (high - low) / size <= MOST) ?? 100;
  const first = Math.floor(low / step) * step;
  return { low: first, high: first + Math.ceil((high - first) / step) * step, step };
}

export function barsOf(counts: Histogram, { low, high, step }: Span): Bar[] {
  const bars = new Map<number, number>();
  for (const [value, times] of Object.entries(counts)) {
    const from = low + Math.floor((Number(value) - low) / step) * step;
    if (from >= low && from < high) bars.set(from, (bars.get(from) ?? 0) + times);
  }
  const all = total(counts);
  return [...bars].sort(([a], [b]) => a - b).map(([from, times]) => ({ from, share: times / all }));
}
