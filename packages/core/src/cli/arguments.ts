/** Readers of option values, for commander. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It should be at least 1.');
  return value;
}

/** For options that may be given several times. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** What `--data` takes. */
export const DATA_HELP =
  'data: shapes, emoji, or a folder of pictures (docs/own-data.md), with options as in shapes?seed=1';
