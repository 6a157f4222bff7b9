/** The best checkpoint of a run beside its last ones, by one number of its evaluations: `best.json` says which it is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { readJsonObject, writeFileAtomic } from '../checkpoints';
import { checkpointAt, checkpointSteps, type Checkpoint } from './checkpoint';
import type { LogEntry } from './log';

/** What the best checkpoint is best in. */
export interface KeepBest {
  /** A number of the log's `evaluation`: `loss`, `VQA accuracy`. */
  metric: string;
  better: 'lower' | 'higher';
}

/** `best.json`. */
export interface BestRecord extends KeepBest {
  /** Of the checkpoint: steps done. */
  step: number;
  value: number;
}

const BEST = 'best.json';

/** @throws Blip2Error naming the numbers that there are, if the metric is none of them */
function valueOf({ step, evaluation }: LogEntry, metric: string): number {
  const found = (evaluation as Record<string, number | null>)[metric];
  if (found !== undefined) return found ?? NaN; // JSON has no NaN
  throw new Blip2Error(`keepBest: the evaluation after step ${step} has no "${metric}"`, {
    hint: `It has ${Object.keys(evaluation).join(', ')}.`,
    exitCode: 2,
  });
}

/** Steps whose checkpoints there are, or can be written now. */
export const heldSteps = (runDir: string, now: number): ReadonlySet<number> =>
  new Set([...checkpointSteps(runDir), now]);

/** The best of a log's evaluations among steps that are held; of equal ones the first. */
export function bestOf(
  entries: readonly LogEntry[],
  keep: KeepBest,
  held: ReadonlySet<number>,
): BestRecord | undefined {
  let best: BestRecord | undefined;
  for (const entry of entries) {
    if (!entry.evaluation || !held.has(entry.step + 1)) continue;
    const value = valueOf(entry, keep.metric);
    const isBetter =
      best === undefined || (keep.better === 'lower' ? value < best.value : value > best.value);
    if (Number.isFinite(value) && isBetter) best = { ...keep, step: entry.step + 1, value };
  }
  return best;
}

export function writeBest(runDir: string, record: BestRecord): void {
  writeFileAtomic(join(runDir, BEST), [`${JSON.stringify(record, null, 2)}\n`]);
}

/** Which checkpoint is best, where a run keeps one. */
export function readBest(runDir: string): BestRecord | undefined {
  const path = join(runDir, BEST);
  return existsSync(path) ? (readJsonObject(path) as unknown as BestRecord) : undefined;
}

/** @throws Blip2Error if the run keeps none, or it is broken */
export function bestCheckpoint(runDir: string): Checkpoint {
  const best = readBest(runDir);
  if (best) return checkpointAt(runDir, best.step);
  throw new Blip2Error(`${runDir} keeps no best checkpoint`, {
    hint: 'Train with keepBest (--keep-best METRIC:lower), or take the last one.',
    exitCode: 2,
  });
}
