/** Starts the two sides: our programs in bench/ours, the peers' in bench/peers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from './worker';

const here = import.meta.dirname;
/** The Python that has PyTorch. */
export const PYTHON = process.env.BLIP2_BENCH_PYTHON ?? 'python3';

/** What a file of a case says. */
export type Sizes = Record<string, unknown>;

/** @param file in bench/peers */
export const configOf = (file: string): Sizes =>
  JSON.parse(readFileSync(join(here, 'peers', file), 'utf8')) as Sizes;

/** What to run, and how. */
export interface Program {
  /** In bench/ours or bench/peers. */
  file: string;
  /** A file in bench/peers, or the JSON itself. */
  config: string;
  variant: string;
  threads: string;
  warmUp: number;
}

const argumentsOf = ({ config, variant, threads, warmUp }: Program): string[] => [
  config.startsWith('{') ? config : join(here, 'peers', config),
  ...['--variant', variant, '--threads', threads, '--warm-up', String(warmUp)],
];

/** Not yet warm. */
export const ourWorker = (program: Program): Worker =>
  new Worker(`ours, ${program.variant}`, process.execPath, [
    ...['--import', 'tsx', join(here, 'ours', program.file)],
    ...argumentsOf(program),
  ]);

/** Not yet warm. */
export const peerWorker = (program: Program): Worker =>
  new Worker(`PyTorch, ${program.variant}`, PYTHON, [
    join(here, 'peers', program.file),
    ...argumentsOf(program),
  ]);

/** What the peers' Python has; undefined where that is no PyTorch. */
export function pythonVersions(): Record<string, string> | undefined {
  const program = `
import json, platform, torch
found = {'python': platform.python_version(), 'torch': torch.__version__}
try:
    import transformers
    found['transformers'] = transformers.__version__
except ImportError:
    pass
print(json.dumps(found))`;
  try {
    const output = execFileSync(PYTHON, ['-c', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    return JSON.parse(output.toString()) as Record<string, string>;
  } catch {
    return undefined;
  }
}

/**
 * Measures a case that loads the models which its `model` names: their folders are written beforehand, into the one that
 * BLIP2_BENCH_MODELS names to all, and removed afterwards.
 */
export async function withModels<T>({ model = [] }: Sizes, body: () => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-bench-'));
  try {
    for (const name of [model].flat() as string[])
      execFileSync(process.execPath, ['--import', 'tsx', join(here, 'writeModel.ts'), name, join(dir, name)]);
    process.env.BLIP2_BENCH_MODELS = dir; // of the workers, too
    return await body();
  } finally {
    rmSync(dir, { recursive: true });
  }
}
