/** Round numbers along an axis. */

/** About `count` round numbers from `low` to `high` or a little beyond. */
export function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1400 → "1,400" */
export const tickLabel = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 6 });
