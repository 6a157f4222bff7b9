/**
 * The process that the harness talks to (protocol: bench/peers/README.md): flags, warm-up, `run N` in, one line of
 * JSON out. Import it before anything that loads TensorFlow, which reads its threads once.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median } from '../median';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    variant: { type: 'string', default: 'compiled' },
    threads: { type: 'string', default: '2' },
    'warm-up': { type: 'string', default: '3' },
    steps: { type: 'string' },
  },
});
process.env.TF_NUM_INTRAOP_THREADS = flags.threads;

export const { variant } = flags;
export const threads = Number(flags.threads);

/** What matrices of a model that infers are stored in. */
export const storage = variant === 'bf16' ? 'bfloat16' : variant === 'half' ? 'float16' : 'float32';

/** The case's sizes: a JSON file, or the JSON itself. */
export function readConfig<T>(): T {
  const [argument] = positionals;
  return JSON.parse(argument.startsWith('{') ? argument : readFileSync(argument, 'utf8')) as T;
}

/** A model of bench/models.ts, which the harness wrote. */
export const modelFolder = (name: string): string => join(process.env.BLIP2_BENCH_MODELS!, name);

interface Reported<Result> {
  /** Bytes; of this process unless given. */
  peakMemory?: () => number;
  /** A few numbers of a step's result, by which two sides can be compared. */
  sample?: (result: Result) => number[];
  /** Of one step: those that its result needs. */
  operations?: number;
}

/** Numbers in [−1, 1) that all sides can make: no two rows of a matrix are the same. */
export const pattern = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7919) % 257) / 128 - 1);

/** Times `step` until told to quit; `--steps` makes one report and ends. */
export async function serve<Result>(
  step: () => Result,
  { peakMemory, sample, operations }: Reported<Awaited<Result>> = {},
): Promise<void> {
  const { onCompilation } = await import('../../packages/core/src/runtime');
  let compileSeconds = 0;
  onCompilation(({ seconds }) => (compileSeconds += seconds));
  let result!: Awaited<Result>;
  const timed = async (): Promise<number> => {
    const start = performance.now();
    result = await step();
    return performance.now() - start;
  };
  const run = async (steps: number): Promise<void> => {
    const times: number[] = [];
    for (let i = 0; i < steps; i++) times.push(await timed());
    const [min, max] = [Math.min(...times), Math.max(...times)];
    const report = {
      median: median(times),
      min,
      max,
      unit: 'ms',
      samples: steps,
      times,
      peakMemory: peakMemory?.() ?? process.resourceUsage().maxRSS * 1024,
      operations,
      sample: sample?.(result),
    };
    console.log(JSON.stringify({ ...report, variant, compileSeconds }));
  };

  for (let i = 0; i < Number(flags['warm-up']); i++) await timed();
  if (flags.steps) return run(Number(flags.steps));
  console.log(JSON.stringify({ ready: true, variant }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, count] = line.trim().split(' ');
    if (command === 'quit') break;
    if (command === 'run') await run(Number(count));
    else console.log(JSON.stringify({ error: `unknown command: ${line}` }));
  }
}
