/**
 * A run folder: `recipe.json` (what was asked for), `log.jsonl`, TensorBoard events, `checkpoints/`. Its default name,
 * runs/<recipe>-<hash8>, is a function of the recipe, so that equal experiments share one run.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import {
  canonicalJson,
  fileError,
  readJsonObject,
  sha256,
  writeFileAtomic,
  type JsonObject,
} from '../checkpoints';
import {
  checkpointSteps,
  lastCheckpoint,
  removeCheckpoints,
  removeLeftovers,
  type Checkpoint,
} from './checkpoint';
import { LOCK } from './lock';
import { JsonlLog, readLog, type LogEntry } from './log';
import { EventFile } from './tensorboard';
import type { TrainingConfig } from './config';
import type { Recipe } from './task';

/** `recipe.json`. */
export interface RecipeRecord {
  name: string;
  hash: string;
  config: JsonObject;
  training: TrainingConfig;
}

/** What a recipe is on disk. Its hash says what it is made of, not where that lies. */
export function recordOf({
  name,
  config,
  training,
}: Pick<Recipe, 'name' | 'config' | 'training'>): RecipeRecord {
  const { places: _, ...parts } = config;
  return { name, hash: sha256(canonicalJson({ name, config: parts, training })), config, training };
}

/** Where a run lies unless told otherwise. */
export function defaultRunDir(runsDir: string, { name, hash }: RecipeRecord): string {
  return join(runsDir, `${name}-${hash.slice(0, 8)}`);
}

const RECIPE = 'recipe.json';
const LOG = 'log.jsonl';
const EVENTS = 'events.out.tfevents.blip2';

function readRecord(dir: string): RecipeRecord {
  const record = readJsonObject(join(dir, RECIPE));
  if (typeof record.hash === 'string' && record.training && record.config) {
    return record as unknown as RecipeRecord;
  }
  throw new Blip2Error(`${join(dir, RECIPE)} is not the record of a run`, {
    hint: 'Choose another folder for the run.',
  });
}

/** What lies in a folder before anything of a run does: what a process that was killed early may leave. */
const isLeftover = (name: string) => name.startsWith(LOCK) || name.startsWith(`${RECIPE}.tmp-`);

/**
 * Has training begun there? (A recipe alone is what a failed preparation leaves.)
 * @throws Blip2Error if something else lies there, which a run would overwrite
 */
export function holdsRun(dir: string): boolean {
  if (!existsSync(dir)) return false;
  if (existsSync(join(dir, RECIPE))) {
    readRecord(dir);
    return existsSync(join(dir, LOG)) || checkpointSteps(dir).length > 0;
  }
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (cause) {
    throw fileError(cause, 'use as a run folder', dir);
  }
  if (names.every(isLeftover)) return false;
  throw new Blip2Error(`${dir} is not empty and holds no run`, { hint: 'Choose a new folder for the run.' });
}

/** Is it a run's, rather than a model's or none? */
export const isRunFolder = (dir: string): boolean => existsSync(join(dir, RECIPE));

export function writeRecord(dir: string, record: RecipeRecord): void {
  writeFileAtomic(join(dir, RECIPE), [`${JSON.stringify(record, null, 2)}\n`]);
}

export interface RunFolder {
  record: RecipeRecord;
  log: LogEntry[];
  checkpoint: Checkpoint | undefined;
  /** All steps are done. */
  finished: boolean;
}

/** Reads a run back. @throws Blip2Error if the folder holds none */
export function readRunFolder(dir: string, warn: (message: string) => void): RunFolder {
  if (!isRunFolder(dir)) {
    throw new Blip2Error(`${dir} is not a run folder: it has no ${RECIPE}`, {
      hint: 'Give the folder that `blip2 pretrain … --out` wrote, or one of runs/.',
    });
  }
  const record = readRecord(dir);
  const checkpoint = lastCheckpoint(dir, warn);
  const finished = checkpoint?.state.step === record.training.steps;
  return { record, log: readLog(join(dir, LOG)), checkpoint, finished };
}

/** Makes the folder ready for training from step `from`: what lies beyond is cut off. */
export function openLogs(dir: string, from: number): { log: JsonlLog; events: EventFile } {
  removeLeftovers(dir);
  if (from === 0) removeCheckpoints(dir);
  const log = new JsonlLog(join(dir, LOG), from);
  // TensorBoard cannot cut a file back, so it is written again from the log.
  const events = new EventFile(join(dir, EVENTS));
  for (const entry of log.entries) events.scalars(entry.step, scalarsOf(entry));
  return { log, events };
}

/** The numbers of a log entry; those of an evaluation as `evaluation/name`. */
export function scalarsOf({ step: _, ...rest }: LogEntry): Record<string, number> {
  const scalars: Record<string, number> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === 'number') scalars[name] = value;
    // JSON has no NaN: it comes back from the log as null.
    else for (const [inner, number] of Object.entries(value)) scalars[`${name}/${inner}`] = number ?? NaN;
  }
  return scalars;
}
