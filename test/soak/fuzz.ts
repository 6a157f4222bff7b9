/**
 * Damaged checkpoints of PyTorch and damaged pictures, 100,000 in all, in a process with a watchdog: each is refused with
 * an error that names the file, or read; no crash, no hang, memory bounded.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { SoakOptions } from './main';

/** Of each kind. */
const FULL = 50_000;
const REDUCED = 2_000;
/** Without a sign of life the process hangs. Long, for a machine may be busy. */
const HANGS_AFTER_MS = 120_000;
/** Of the whole process: a picture may claim 268 million pixels, which sharp takes to be the limit. */
const MEMORY_LIMIT = 2 * 2 ** 30;

/** What the process says now and then. */
export interface Sign {
  done: number;
  whole: number;
  refused: number;
  /** Largest time of a sample in milliseconds, of the processor. */
  slowest: number;
  problem?: string;
}

function run(
  kind: string,
  count: number,
  { seed, note }: SoakOptions,
): Promise<Sign & { peakMemory: number }> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'fuzzWorker.ts'), [kind, String(count), String(seed)], {
      execArgv: ['--import', 'tsx'],
    });
    let last: Sign & { peakMemory: number } = { done: 0, whole: 0, refused: 0, slowest: 0, peakMemory: 0 };
    const hang = () => {
      last = { ...last, problem: `hangs after sample ${last.done} of seed ${seed}` };
      child.kill('SIGKILL');
    };
    let watchdog = setTimeout(hang, HANGS_AFTER_MS);
    child.on('message', (sign: Sign & { peakMemory: number }) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, HANGS_AFTER_MS);
      if (Math.floor(sign.done / 5000) > Math.floor(last.done / 5000)) note(`${kind}: ${sign.done}`);
      last = sign;
    });
    child.on('close', (code, signal) => {
      clearTimeout(watchdog);
      const crashed =
        code !== 0 && !last.problem
          ? { problem: `crashed (${signal ?? code}) after sample ${last.done} of seed ${seed}` }
          : {};
      resolve({ ...last, ...crashed });
    });
  });
}

export async function fuzz(options: SoakOptions) {
  const { reduced, count = reduced ? REDUCED : FULL } = options;
  const found: Record<string, Sign & { peakMemory: number }> = {};
  for (const kind of ['checkpoints', 'pictures']) found[kind] = await run(kind, count, options);
  const isGood = ({ problem, done, peakMemory }: Sign & { peakMemory: number }) =>
    problem === undefined && done === count && peakMemory < MEMORY_LIMIT;
  return { ok: Object.values(found).every(isGood), ...found };
}
