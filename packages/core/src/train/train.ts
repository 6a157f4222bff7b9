/**
 * The trainer: a recipe in, a run out. A run is a folder and an object at once; it can be interrupted at any step and
 * goes on as if nothing had happened.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Blip2Error, breathe, cluster, onCompilation } from '../runtime';
import { canonicalJson, storedParameters, type JsonObject } from '../checkpoints';
import { readModel, readOptimizer, saveCheckpoint, type Checkpoint } from './checkpoint';
import { bestOf, heldSteps, writeBest, type KeepBest } from './best';
import { mergeTraining, type TrainingConfig } from './config';
import { Evaluation } from './evaluation';
import { listenForInterruption, type Interruption } from './interrupt';
import { lockFolder } from './lock';
import { unwrittenLogs, type LogEntry } from './log';
import { Progress } from './progress';
import {
  defaultRunDir,
  holdsRun,
  openLogs,
  readRunFolder,
  recordOf,
  scalarsOf,
  writeRecord,
  type RecipeRecord,
} from './runFolder';
import { rowsOf } from './share';
import { TrainingStep } from './step';
import type { Recipe, Task } from './task';
import { Workers } from './workers';

/** `M`: what the recipe's model is. */
export interface TrainOptions<M = unknown> extends Partial<TrainingConfig> {
  /** Run folder; unless given, runs/<recipe>-<hash>, where a finished equal run is taken as it is. */
  out?: string;
  /** Root of default run folders and caches: `runs`, or $BLIP2_RUNS. */
  runsDir?: string;
  /** Go on from the last whole checkpoint. By default only in a default folder. */
  resume?: boolean;
  /** Steps between checkpoints; 200 unless given. One is always written at the end. */
  checkpointEvery?: number;
  /** Newest checkpoints kept; 2 unless given. */
  keepCheckpoints?: number;
  /** Steps between evaluations, of which the last step has one too; none unless given. */
  evaluateEvery?: number;
  /** What an evaluation is, in place of the recipe's own; its numbers are logged under `evaluation`. */
  evaluate?: (model: M) => Promise<Record<string, number>> | Record<string, number>;
  /** With each evaluation the loss of held-out data, without dropout: `loss` and its terms. */
  validate?: boolean;
  /** Keeps the checkpoint of the best evaluation beside the newest ones; `openRun(dir, { step: 'best' })` takes it. */
  keepBest?: KeepBest;
  /** Compile with XLA. */
  xla?: boolean;
  signal?: AbortSignal;
  /** Called after each step, e.g. to draw a curve; `steps` is how many there will be. */
  onStep?: (entry: LogEntry, steps: number) => void | Promise<void>;
  /** Told what is being prepared, what was found, where an interrupted run was saved; beside `progress`. */
  onNote?: (message: string) => void;
  /** Where people read about progress: standard error; false: nowhere. */
  progress?: false | { stream?: NodeJS.WritableStream & { isTTY?: boolean }; interval?: number };
}

/** What a training comes to: a folder and an object at once. */
export interface Run<M = unknown> {
  dir: string;
  recipe: { name: string; hash: string };
  /** One entry per step. */
  log: LogEntry[];
  model: M;
  /** Steps done. */
  step: number;
  /** Stopped before its last step by Ctrl-C or an AbortSignal; `resume` goes on. */
  interrupted: boolean;
}

const DEFAULT_CHECKPOINT_EVERY = 200;

/** $BLIP2_RUNS, or `runs` in the nearest folder above that has it or is a repository's root. */
export function defaultRunsDir(from: string = process.cwd()): string {
  if (process.env.BLIP2_RUNS) return process.env.BLIP2_RUNS;
  const isRoot = (dir: string) => existsSync(join(dir, 'runs')) || existsSync(join(dir, '.git'));
  let dir = from;
  while (!isRoot(dir) && dirname(dir) !== dir) dir = dirname(dir);
  return relative(process.cwd(), join(isRoot(dir) ? dir : from, 'runs'));
}

/**
 * Trains a recipe. Every hyper-parameter can be overridden in `options`.
 * @throws Blip2Error if a hyper-parameter is out of range, if the folder holds another run, is trained in by another
 *   process (FolderInUse) or cannot be written, or if a loss is not finite
 */
export async function train<M>(base: Recipe<M>, options: TrainOptions<M> = {}): Promise<Run<M>> {
  const workers = new Workers(cluster());
  try {
    return await trainTogether(workers, base, options);
  } catch (error) {
    throw workers.explain(error);
  } finally {
    workers.dispose();
  }
}

async function trainTogether<M>(
  workers: Workers,
  base: Recipe<M>,
  options: TrainOptions<M>,
): Promise<Run<M>> {
  const recipe = { ...base, training: mergeTraining(base.training, options) };
  const record = recordOf(recipe);
  rowsOf(recipe.training.batchSize, workers.share);
  workers.meet(record.hash);
  const runsDir = options.runsDir ?? defaultRunsDir();
  const dir = options.out ?? defaultRunDir(runsDir, record);
  const progress = new Progress({
    steps: record.training.steps,
    ...(options.progress === false || !workers.leads ? { stream: { write: () => true } } : options.progress),
  });
  const note = (message: string) => {
    progress.note(message);
    options.onNote?.(message);
  };
  // Worker 0 alone reads and writes the folder.
  const find = (tell: typeof note): StartingPoint =>
    workers.leads
      ? startingPoint(dir, record.hash, options, base.custom, tell)
      : { log: [], finished: false };
  const found = find(() => {});

  // Before anything costs time: can the folder be written, and does nobody else write it?
  const unlock = found.finished || !workers.leads ? undefined : lockFolder(dir);
  try {
    // Who had the folder may have gone on in it until it was ours.
    const start = unlock ? find(note) : found;
    if (unlock || isElsewhere(found.config, record)) writeRecord(dir, record);
    const outside = { progress, note, workers };
    return await trainInto(dir, recipe, record, start, { ...options, runsDir }, outside);
  } finally {
    unlock?.();
  }
}

async function trainInto<M>(
  dir: string,
  recipe: Recipe<M>,
  record: RecipeRecord,
  start: StartingPoint,
  options: TrainOptions<M> & { runsDir: string },
  { progress, note, workers }: Omit<Outside, 'interruption'>,
): Promise<Run<M>> {
  // Node takes the signals away from those who ask for them while a notebook's cell is only starting (vm, breakOnSigint).
  await breathe();
  // From here on: what is being prepared need not be trained.
  const interruption = listenForInterruption(options.signal, () => note('Stopping after this step…'));
  const silence = onCompilation(({ name, operations, seconds }) =>
    note(`Compiled ${name}: ${operations} operations in ${seconds.toFixed(1)} s`),
  );
  let task: Task<M> | undefined;
  try {
    const { training } = recipe;
    task = await recipe.prepare({ training, runsDir: options.runsDir, note, share: workers.share });
    if (start.checkpoint) task.parameters.load(readModel(start.checkpoint) as never, start.checkpoint.dir);
    const run = { dir, recipe: { name: record.name, hash: record.hash }, model: task.model };
    const from = workers.told(start.checkpoint?.state.step ?? 0);
    workers.spread(task.parameters);
    if (from === training.steps) {
      note(`${dir} is finished: taken as it is`);
      return { ...run, log: start.log, step: from, interrupted: false };
    }
    const outside = { progress, note, workers, interruption };
    const done = await loop(
      dir,
      recipe,
      task,
      { step: from, checkpoint: start.checkpoint },
      options,
      outside,
    );
    return { ...run, ...done };
  } finally {
    await task?.dispose?.();
    silence();
    interruption.release();
  }
}

interface StartingPoint {
  /** As the folder has it, of a run that is finished. */
  config?: JsonObject;
  checkpoint?: Checkpoint;
  log: LogEntry[];
  finished: boolean;
}

function startingPoint(
  dir: string,
  hash: string,
  options: Pick<TrainOptions, 'out' | 'resume'>,
  custom: boolean,
  note: (message: string) => void,
): StartingPoint {
  if (!holdsRun(dir)) return { log: [], finished: false };
  const resume = options.resume ?? (options.out === undefined && !custom);
  if (!resume) {
    if (options.out === undefined) return { log: [], finished: false };
    throw new Blip2Error(`${dir} already holds a run`, {
      hint: 'Go on with it (resume: true, --resume), or choose another folder.',
    });
  }
  const found = readRunFolder(dir, note);
  if (found.record.hash !== hash) {
    throw new Blip2Error(
      `${dir} holds a run of another recipe (${found.record.hash.slice(0, 8)}, not ${hash.slice(0, 8)})`,
      {
        hint: `Compare with ${dir}/recipe.json, or choose another folder.`,
      },
    );
  }
  return { ...found, config: found.finished ? found.record.config : undefined };
}

/** Are the parts of a finished run where its folder does not say? Who opens it later looks there. */
const isElsewhere = (config: JsonObject | undefined, record: RecipeRecord): boolean =>
  config !== undefined && canonicalJson(config) !== canonicalJson(record.config);

/** Those who are told about a run, and those who may stop it. */
interface Outside {
  progress: Progress;
  note: (message: string) => void;
  interruption: Interruption;
  workers: Workers;
}

async function loop<M>(
  dir: string,
  recipe: Recipe<M>,
  task: Task<M>,
  from: { step: number; checkpoint?: Checkpoint },
  options: TrainOptions<M>,
  { progress, note, workers, interruption }: Outside,
): Promise<Pick<Run, 'log' | 'step' | 'interrupted'>> {
  const { training } = recipe;
  const { checkpointEvery = DEFAULT_CHECKPOINT_EVERY, keepCheckpoints = 2, keepBest } = options;
  const { hash } = recordOf(recipe);
  let { step } = from;
  const { checkpoint } = from;
  const trainingStep = new TrainingStep(task, training, { xla: options.xla, workers });
  if (checkpoint) {
    trainingStep.restore(readOptimizer(checkpoint), checkpoint.dir);
    note(`Going on from step ${step} of ${dir}`);
  }
  trainingStep.spread();
  const { log, events } = workers.leads ? openLogs(dir, step) : unwrittenLogs();
  const evaluation = new Evaluation(task, training, options);
  const findBest = () =>
    keepBest && workers.leads ? bestOf(log.entries, keepBest, heldSteps(dir, step)) : undefined;
  const known = findBest();
  if (known) writeBest(dir, known);
  let saved = step;
  const save = () => {
    if (saved === step || !workers.leads) return;
    log.flush();
    const tensors = { model: storedParameters(task.parameters), optimizer: trainingStep.storedMoments() };
    const best = findBest();
    saveCheckpoint(dir, { step, recipe: hash }, tensors, keepCheckpoints, best?.step);
    if (best) writeBest(dir, best);
    saved = step;
  };
  try {
    while (step < training.steps && !workers.any(interruption.requested)) {
      const began = performance.now();
      const scalars = await trainingStep.run(step);
      const samplesPerSecond =
        (training.batchSize * training.accumulate * 1000) / (performance.now() - began);
      const entry = { step, ...scalars, samplesPerSecond } as unknown as LogEntry;
      step++;
      if (workers.leads && evaluation.isDue(step)) entry.evaluation = await evaluation.run();
      log.append(entry);
      events.scalars(entry.step, scalarsOf(entry));
      progress.update(entry);
      await options.onStep?.(entry, training.steps);
      const isBest = entry.evaluation !== undefined && findBest()?.step === step;
      if (isBest || step % checkpointEvery === 0) save();
      await breathe();
    }
    save();
  } catch (error) {
    // A sum over the workers comes before its update: what there is are the weights after `step` whole steps.
    if (workers.explain(error) !== error) save();
    throw error;
  } finally {
    progress.end();
    log.close();
    events.close();
    trainingStep.dispose();
    evaluation.dispose();
  }
  const interrupted = step < training.steps;
  if (interrupted)
    note(`Interrupted after step ${step}: saved in ${dir}, go on with resume: true (--resume)`);
  return { log: log.entries, step, interrupted };
}
