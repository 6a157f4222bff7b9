/** What is said of steps that were timed. */
import { median } from './median';
import type { Timing } from './worker';

/** Of one side. */
export interface Figure {
  median: number;
  /** The fastest and the slowest step. */
  spread: [number, number];
  unit: 'ms';
  samples: number;
  /** Of the process, files that it has mapped included. */
  peakGigabytes: number;
  /** Of what is its own: without mapped files and libraries. Absent where the system does not tell. */
  ownGigabytes?: number;
}

/** @param timings of one process, at least one step */
export function figureOf(timings: readonly Timing[]): Figure {
  const times = timings.flatMap(({ times: some }) => some);
  const own = timings.flatMap(({ ownMemory }) => ownMemory ?? []);
  return {
    median: median(times),
    spread: [Math.min(...times), Math.max(...times)],
    unit: 'ms',
    samples: times.length,
    peakGigabytes: Math.max(...timings.map(({ peakMemory }) => peakMemory)) / 1e9,
    ...(own.length > 0 && { ownGigabytes: Math.max(...own) / 1e9 }),
  };
}

/** `345 (322–403), n = 20`: median, fastest and slowest step, number of steps. */
export function figureText({ median: middle, spread: [low, high], samples }: Figure, unit = ''): string {
  const digits = middle < 10 ? 1 : 0;
  const text = (value: number) => Number(value.toFixed(digits)).toLocaleString('en');
  return `${text(middle)} (${text(low)}–${text(high)})${unit}, n = ${samples}`;
}

/** Whether the slowest steps of one took as long as the fastest of the other: their ratio then says little. */
export const overlap = (a: Figure, b: Figure): boolean =>
  a.spread[0] <= b.spread[1] && b.spread[0] <= a.spread[1];

/** Three digits of so many 10⁹. */
export const billions = (count: number): string => Number((count / 1e9).toPrecision(3)).toLocaleString('en');
