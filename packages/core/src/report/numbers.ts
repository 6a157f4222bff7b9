/** Numbers as the report prints them: equally many digits in all that stand together, and a true minus sign. */

/** Digits after the point for numbers of one kind: none for counts, fewer for percentages than for ratios. */
export function digitsFor(values: readonly number[]): number {
  if (values.every(Number.isInteger)) return 0;
  return Math.max(...values.map(Math.abs)) >= 10 ? 1 : 2;
}

const MOST_DIGITS = 3;

/** Digits for a difference: those of what is compared, and more where an end of its interval would read as zero. */
export function digitsForInterval(digits: number, interval: readonly number[] = []): number {
  const vanishes = interval.some((end) => end !== 0 && Number(end.toFixed(digits)) === 0);
  return vanishes && digits < MOST_DIGITS ? digitsForInterval(digits + 1, interval) : digits;
}

/** −1.25 → "−1.3", −0.001 → "0.0" */
export function fixed(value: number, digits: number): string {
  const rounded = Number(value.toFixed(digits)) || 0;
  return rounded.toFixed(digits).replace('-', '−');
}

/** A number of the paper with the digits that it has there, at least one: 96 → "96.0", 81.55 → "81.55" */
export function asPrinted(value: number): string {
  return fixed(value, Math.max(1, String(value).split('.').at(1)?.length ?? 0));
}

/** 1.25 → "+1.3" */
export function signed(value: number, digits: number): string {
  const text = fixed(value, digits);
  return value > 0 && Number(text) > 0 ? `+${text}` : text;
}

/** 5 → "5 seeds", 1 → "1 seed" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Seconds in words: "40 seconds", "3 minutes", "2.5 hours". */
export function duration(seconds: number): string {
  if (seconds < 90) return counted(Math.round(seconds), 'second');
  if (seconds < 5400) return counted(Math.round(seconds / 60), 'minute');
  return `${Number((seconds / 3600).toFixed(1))} hours`;
}

/** ISO date → "24 November 2026" */
export function day(iso: string): string {
  return new Date(iso).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
}
