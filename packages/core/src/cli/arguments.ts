/** Readers of option values, for commander. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { WeightsType } from '../checkpoints';

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('It should be at least 1.');
  return value;
}

/** For a command whose own commands do without these: commander would ask for them there, too. */
export function requireOptions(command: Command, names: readonly string[]): void {
  const missing = command.options.find((option) => {
    const name = option.attributeName();
    return names.includes(name) && command.getOptionValue(name) === undefined;
  });
  if (missing) command.error(`error: required option '${missing.flags}' not specified`);
}

/** For options that may be given several times. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** Of commands that open a run: which of its checkpoints. */
export const checkpointOption = (): Option =>
  new Option(
    '--checkpoint <step>',
    'of a run: the checkpoint of a step, or best (--keep-best); else the last',
  ).argParser((text: string) => (text === 'best' ? text : positiveNumber(text)));

/** `METRIC:lower` or `METRIC:higher`. */
export function keepBestOption(text: string): { metric: string; better: 'lower' | 'higher' } {
  const [, metric, better] = /^(.+):(lower|higher)$/.exec(text) ?? [];
  if (!metric) throw new InvalidArgumentError('It should be METRIC:lower or METRIC:higher, e.g. loss:lower.');
  return { metric, better: better as 'lower' | 'higher' };
}

const WEIGHTS_TYPES = ['auto', 'float32', 'bfloat16', 'float16'] satisfies WeightsType[];

/** `--dtype`, of commands that load a finished model. */
export const dtypeOption = (): Option =>
  new Option(
    '--dtype <type>',
    'how a folder’s matrices are held in memory; auto: as they are stored, 16 bit at half the memory',
  ).choices(WEIGHTS_TYPES);

/** What `--data` takes. */
export const DATA_HELP =
  'data: shapes, emoji, or a folder of pictures (docs/own-data.md), with options as in shapes?seed=1';
