/**
 * Damaged checkpoints of PyTorch, read one after another: each is refused with an error that names the file, or gives
 * tensors that lie within it; no read beyond it, no long wait. As a program, so many of a seed:
 *
 *     npx tsx test/checkpoints/fuzzCheckpoints.ts 100000 1
 */
import { readPytorch } from '../../packages/core/src/checkpoints/pytorchFile';
import { Blip2Error } from '../../packages/core/src/runtime/errors';
import { numbers } from './hostileFiles';
import { hostileCheckpoint } from './hostilePickles';

const PATH = 'fuzzed.pth';
/** Of a read; the files are a few kB. */
const SLOW_MS = 2000;

/** How many were whole and how many refused. @throws what went wrong, with the file in hexadecimal */
export function fuzzCheckpoints(count: number, seed: number): { whole: number; refused: number } {
  const random = numbers(seed);
  const counts = { whole: 0, refused: 0 };
  for (let i = 0; i < count; i++) {
    const bytes = hostileCheckpoint(random);
    const problem = attempt(bytes, counts);
    if (problem)
      throw new Error(`file ${i} of seed ${seed}: ${problem}: ${Buffer.from(bytes).toString('hex')}`);
  }
  return counts;
}

function attempt(bytes: Uint8Array, counts: { whole: number; refused: number }): string | undefined {
  const start = performance.now();
  try {
    const tensors = readPytorch(PATH, bytes.length, (at, length) => {
      if (!(at >= 0 && at + length <= bytes.length)) throw new Error(`read ${length} bytes at ${at}`);
      return Buffer.from(bytes.slice(at, at + length));
    });
    for (const [name, { begin, end }] of tensors) {
      if (!(begin >= 0 && begin <= end && end <= bytes.length)) return `${name} lies from ${begin} to ${end}`;
    }
    counts.whole++;
  } catch (error) {
    if (!(error instanceof Blip2Error)) return `not an error of ours: ${(error as Error).stack}`;
    if (!error.message.startsWith(PATH) || !error.hint)
      return `names no file, or no way out: ${error.message}`;
    if (error.message.length > 2500) return `long: ${error.message}`;
    counts.refused++;
  }
  const took = performance.now() - start;
  return took > SLOW_MS ? `took ${took} ms` : undefined;
}

if (process.argv[1] === import.meta.filename) {
  const [count = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  const start = performance.now();
  console.log(fuzzCheckpoints(count, seed), `${Math.round((performance.now() - start) / 1000)} s`);
}
