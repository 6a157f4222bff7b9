/**
 * `blip2 launch --workers N -- COMMAND`: the command N times on this machine, as workers that train together. Each finds in
 * `TF_CONFIG` who it is; what worker 0 prints is printed, of the others only what they say when something went wrong.
 */
import type { Command } from 'commander';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { constants, cpus } from 'node:os';
import { positiveNumber } from './arguments';
import { Exit } from './output';
import { freePorts } from './ports';

/** How long workers may take to end once one of them has failed: they notice it by themselves. */
const GRACE_MS = 30_000;
/** Last lines of a worker that are shown if it fails. */
const LINES = 40;

const AFTER_HELP = `
Ctrl-C ends all workers after the same step and saves the run; a second one ends them at once. When a worker fails the
others end too. Exit code: that of the first worker that failed.

Each worker gets a GPU of its own where there are enough, else its part of the processor's cores.

Example:
  blip2 launch --workers 2 -- blip2 pretrain stage1 --recipe shapes --data shapes --out runs/two
`;

export function addLaunch(program: Command): void {
  program
    .command('launch')
    .description('run a training command as several workers on this machine')
    .argument('<command...>', 'the command, after --')
    .requiredOption('--workers <n>', 'how many', positiveNumber)
    .addHelpText('after', AFTER_HELP)
    .action(async (command: string[], { workers }: { workers: number }) => {
      const code = await launch(command, workers);
      if (code !== 0) throw new Exit(code);
    });
}

/** @returns the exit code of the first worker that failed, or 0 */
export async function launch(command: readonly string[], count: number): Promise<number> {
  const addresses = (await freePorts(count)).map((port) => `127.0.0.1:${port}`);
  const gpus = graphicsCards();
  const workers = addresses.map((_, index) => start(command, { addresses, index, gpus }));
  const running = new Set(workers);
  const endAll = (signal: NodeJS.Signals) => running.forEach((child) => child.kill(signal));

  let asked = 0;
  const forward = (signal: NodeJS.Signals) => endAll(++asked > 1 ? 'SIGKILL' : signal);
  const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of SIGNALS) process.on(signal, forward);

  let first = 0;
  let force: NodeJS.Timeout | undefined;
  const ended = workers.map(async (child) => {
    const code = await exitCode(child);
    running.delete(child);
    if (code === 0 || first !== 0) return;
    first = code;
    if (asked > 0) return; // they end by themselves
    endAll('SIGTERM');
    force = setTimeout(() => endAll('SIGKILL'), GRACE_MS);
  });
  await Promise.all(ended);
  clearTimeout(force);
  for (const signal of SIGNALS) process.off(signal, forward);
  return first;
}

interface Place {
  addresses: string[];
  index: number;
  gpus: string[];
}

/** In a process group of its own: a Ctrl-C of the terminal reaches it through us alone, and so once. */
function start([program, ...args]: readonly string[], { addresses, index, gpus }: Place): ChildProcess {
  const threads = `${Math.max(1, Math.floor(cpus().length / addresses.length))}`;
  const child = spawn(program, args, {
    detached: true,
    stdio: index === 0 ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: {
      TF_NUM_INTRAOP_THREADS: threads,
      OMP_NUM_THREADS: threads,
      ...process.env,
      ...(gpus.length >= addresses.length ? { CUDA_VISIBLE_DEVICES: gpus[index] } : undefined),
      TF_CONFIG: JSON.stringify({ cluster: { worker: addresses }, task: { type: 'worker', index } }),
    },
  });
  if (index > 0) showIfFailed(child, `[worker ${index}] `);
  return child;
}

/** Prints the last lines of a worker with its name before them, if it fails. */
function showIfFailed(child: ChildProcess, prefix: string): void {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (data: string) => (text = `${text}${data}`.slice(-100_000)));
  }
  child.on('close', (code) => {
    if (code === 0) return;
    const lines = text.split(/[\r\n]+/).filter((line) => line !== '');
    for (const line of lines.slice(-LINES)) process.stderr.write(`${prefix}${line}\n`);
  });
}

/** 128 + n for a process that signal n ended, as shells have it. */
function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`error: ${error.message}\n`);
      resolve(1);
    });
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}

/** Names for CUDA_VISIBLE_DEVICES; empty where there are none. */
function graphicsCards(): string[] {
  const chosen = process.env.CUDA_VISIBLE_DEVICES;
  if (chosen !== undefined) return chosen.split(',').filter((name) => name !== '');
  const { stdout } = spawnSync('nvidia-smi', ['--query-gpu=index', '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return (stdout ?? '').split('\n').filter((line) => line !== '');
}
