/**
 * Checkpoints of a run: `checkpoints/step-N/` with `model.safetensors`, `optimizer.safetensors`, `state.json` and a
 * `manifest.json` of their SHA-256 hashes. Written beside and renamed into place: a folder of that name is whole,
 * and its hashes prove it.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import {
  readJsonObject,
  SafetensorsFile,
  sha256File,
  writeFileAtomic,
  writeFolderAtomic,
  writeSafetensors,
  type HostTensor,
  type WritableTensor,
} from '../checkpoints';

export type HostTensors = Record<string, HostTensor>;

export interface CheckpointState {
  /** Steps done: training goes on with this step. */
  step: number;
  /** Hash of the recipe that wrote it; another recipe must not continue it. */
  recipe: string;
}

export interface Checkpoint {
  dir: string;
  state: CheckpointState;
}

const MODEL = 'model.safetensors';
const OPTIMIZER = 'optimizer.safetensors';
const STATE = 'state.json';
const MANIFEST = 'manifest.json';

const folder = (runDir: string) => join(runDir, 'checkpoints');

/** Steps of the checkpoint folders of a run, newest first. */
export function checkpointSteps(runDir: string): number[] {
  if (!existsSync(folder(runDir))) return [];
  const steps = readdirSync(folder(runDir)).flatMap((name) => /^step-(\d+)$/.exec(name)?.[1] ?? []);
  return steps.map(Number).sort((a, b) => b - a);
}

const stepDir = (runDir: string, step: number) => join(folder(runDir), `step-${step}`);

/**
 * Writes a checkpoint, then removes all but the newest `keep` and that of the step `best`.
 * @throws Blip2Error if the disk is full
 */
export function saveCheckpoint(
  runDir: string,
  state: CheckpointState,
  tensors: Record<'model' | 'optimizer', Readonly<Record<string, WritableTensor>>>,
  keep: number,
  best?: number,
): Checkpoint {
  const dir = stepDir(runDir, state.step);
  writeFolderAtomic(dir, (temporary) => {
    writeSafetensors(join(temporary, MODEL), tensors.model);
    writeSafetensors(join(temporary, OPTIMIZER), tensors.optimizer);
    writeFileAtomic(join(temporary, STATE), [`${JSON.stringify(state)}\n`]);
    const hashes = [MODEL, OPTIMIZER, STATE].map((name) => [name, sha256File(join(temporary, name))]);
    writeFileAtomic(join(temporary, MANIFEST), [`${JSON.stringify(Object.fromEntries(hashes), null, 2)}\n`]);
  });
  const others = checkpointSteps(runDir).slice(keep);
  for (const step of others) if (step !== best) rmSync(stepDir(runDir, step), { recursive: true });
  return { dir, state };
}

function openCheckpoint(dir: string): Checkpoint {
  for (const [name, hash] of Object.entries(readJsonObject(join(dir, MANIFEST)))) {
    if (sha256File(join(dir, name)) !== hash) {
      throw new Blip2Error(`${join(dir, name)} is not what was written (its SHA-256 differs)`);
    }
  }
  return { dir, state: readJsonObject(join(dir, STATE)) as unknown as CheckpointState };
}

/** The newest whole checkpoint of a run, if any; broken ones are skipped with a warning. */
export function lastCheckpoint(runDir: string, warn: (message: string) => void): Checkpoint | undefined {
  for (const step of checkpointSteps(runDir)) {
    try {
      return openCheckpoint(stepDir(runDir, step));
    } catch (error) {
      if (!(error instanceof Blip2Error)) throw error;
      warn(`Checkpoint step-${step} skipped: ${error.message}`);
    }
  }
  return undefined;
}

/** The checkpoint of a step. @throws Blip2Error naming the steps that there are, or the file that is broken */
export function checkpointAt(runDir: string, step: number): Checkpoint {
  const steps = checkpointSteps(runDir);
  if (steps.includes(step)) return openCheckpoint(stepDir(runDir, step));
  throw new Blip2Error(`${runDir} has no checkpoint of step ${step}`, {
    hint: steps.length > 0 ? `There are ${steps.join(', ')}.` : 'Let it train on: --resume.',
  });
}

function readTensors(path: string): HostTensors {
  const file = new SafetensorsFile(path);
  return Object.fromEntries(
    file.names().map((name) => [name, { shape: file.info(name).shape, data: file.float32(name) }]),
  );
}

export function readModel(checkpoint: Checkpoint): HostTensors {
  return readTensors(join(checkpoint.dir, MODEL));
}

export function readOptimizer(checkpoint: Checkpoint): HostTensors {
  return readTensors(join(checkpoint.dir, OPTIMIZER));
}

/** Removes what a killed run left half written. */
export function removeLeftovers(runDir: string): void {
  if (!existsSync(folder(runDir))) return;
  for (const name of readdirSync(folder(runDir))) {
    if (/^step-\d+\.tmp-/.test(name)) rmSync(join(folder(runDir), name), { recursive: true });
  }
}

/** Removes the checkpoints of a run but for those of some steps, once the others have served. */
export function keepCheckpointsOf(runDir: string, steps: readonly number[]): void {
  const others = checkpointSteps(runDir).filter((step) => !steps.includes(step));
  for (const step of others) rmSync(stepDir(runDir, step), { recursive: true });
}

/** Removes all checkpoints of a run, and nothing else: it starts anew. */
export function removeCheckpoints(runDir: string): void {
  keepCheckpointsOf(runDir, []);
}
