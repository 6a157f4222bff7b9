/** What the tests that kill runs have in common: where a run lies, how far it is, whether it came to what another did. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readLog } from '../../packages/core/src/train';

/** A run of `pretrain.ts`, and what it is started with. */
export interface Place {
  out: string;
  tower: string;
  runs: string;
  steps: number;
}

/** The process of a run, and what it is started with. */
export const PRETRAIN = join(import.meta.dirname, 'pretrain.ts');
export const argumentsOf = ({ out, tower, runs, steps }: Place): string[] => [
  out,
  tower,
  runs,
  String(steps),
];

/** One thread, so that sums are taken in one order; and no words of TensorFlow. */
export const QUIET = { TF_CPP_MIN_LOG_LEVEL: '3', TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };

const logOf = (out: string) => join(out, 'log.jsonl');

/** What was logged, but for the time it took. */
export const values = (out: string) => readLog(logOf(out)).map(({ samplesPerSecond: _, ...rest }) => rest);

export const linesOf = (out: string): number =>
  existsSync(logOf(out)) ? readFileSync(logOf(out), 'utf8').split('\n').length - 1 : 0;

/** When the log was last written; 0 if there is none. */
export const loggedAt = (out: string): number => (existsSync(logOf(out)) ? statSync(logOf(out)).mtimeMs : 0);

/** Checkpoints that were being written when the run ended. */
export const halfWritten = (out: string): string[] =>
  existsSync(join(out, 'checkpoints'))
    ? readdirSync(join(out, 'checkpoints')).filter((name) => name.includes('.tmp-'))
    : [];

/** Waits until a run that logged last at `before` has begun to train and logged `steps` steps more, or `isOver` says so. */
export async function untilSteps(
  { out }: Place,
  { before, steps, isOver }: { before: number; steps: number; isOver: () => boolean },
): Promise<void> {
  // The log is written when training begins, and then with each step.
  while (!isOver() && loggedAt(out) <= before) await setTimeout(5);
  const last = linesOf(out) + steps;
  while (!isOver() && linesOf(out) <= last) await setTimeout(2);
}

/** Does the run end as the undisturbed one did? What differs, if not. */
export function differences(run: Place, undisturbed: Place): string[] {
  const last = (place: Place, file: string) =>
    readFileSync(join(place.out, 'checkpoints', `step-${place.steps}`, file));
  const files = ['model.safetensors', 'optimizer.safetensors'].filter(
    (file) => !last(run, file).equals(last(undisturbed, file)),
  );
  const isSameLog = JSON.stringify(values(run.out)) === JSON.stringify(values(undisturbed.out));
  return [...files, ...(isSameLog ? [] : ['log.jsonl']), ...halfWritten(run.out)];
}
