/** Reads damaged files until there are enough, and says so: the process that fuzz.ts watches. `fuzzWorker.ts KIND COUNT SEED` */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPytorch } from '../../packages/core/src/checkpoints/pytorchFile';
import { decodePixels } from '../../packages/core/src/image/decode';
import { Blip2Error } from '../../packages/core/src/runtime/errors';
import { numbers } from '../checkpoints/hostileFiles';
import { hostileCheckpoint } from '../checkpoints/hostilePickles';
import type { Sign } from './fuzz';
import { hostilePicture, validPictures } from './hostilePictures';

/** Samples between two signs of life. */
const SIGN_EVERY = 50;
/** Of the processor, for one file of a few kB. */
const SLOW_MS = 4000;

const [kind, count, seed] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'blip2-fuzz-'));
const random = numbers(Number(seed));
setPriority(10);

/** What is wrong with how a file was read; undefined if nothing is. Throws what reading threw. */
type Read = (bytes: Uint8Array) => Promise<string | undefined> | string | undefined;

const checkpoint: Read = (bytes) => {
  const tensors = readPytorch('fuzzed.pth', bytes.length, (at, length) => {
    if (!(at >= 0 && at + length <= bytes.length)) throw new Error(`read ${length} bytes at ${at}`);
    return Buffer.from(bytes.slice(at, at + length));
  });
  for (const [name, { begin, end }] of tensors) {
    if (!(begin >= 0 && begin <= end && end <= bytes.length)) return `${name} lies from ${begin} to ${end}`;
  }
  return undefined;
};

const picturePath = join(folder, 'fuzzed.picture');
const picture: Read = async (bytes) => {
  writeFileSync(picturePath, bytes);
  const { width, height, data } = await decodePixels(picturePath);
  return data.length === width * height * 3
    ? undefined
    : `${width} × ${height} pixels in ${data.length} bytes`;
};

function errorProblem(error: unknown, name: string): string | undefined {
  if (!(error instanceof Blip2Error)) return `not an error of ours: ${(error as Error).stack}`;
  if (!error.message.includes(name) || !error.hint) return `names no file, or no way out: ${error.message}`;
  return error.message.length > 2500 ? `long: ${error.message}` : undefined;
}

async function main(): Promise<void> {
  const pictures = kind === 'pictures' ? await validPictures() : [];
  const [make, read, name] =
    kind === 'pictures'
      ? ([() => hostilePicture(random, pictures), picture, picturePath] as const)
      : ([() => hostileCheckpoint(random), checkpoint, 'fuzzed.pth'] as const);
  const sign: Sign = { done: 0, whole: 0, refused: 0, slowest: 0 };
  const send = () => process.send!({ ...sign, peakMemory: process.resourceUsage().maxRSS * 1024 });
  while (sign.done < Number(count) && !sign.problem) {
    const bytes = make();
    const start = process.cpuUsage();
    let problem: string | undefined;
    try {
      problem = await read(bytes);
      sign.whole++;
    } catch (error) {
      problem = errorProblem(error, name);
      sign.refused++;
    }
    const { user, system } = process.cpuUsage(start);
    sign.slowest = Math.max(sign.slowest, Math.round((user + system) / 1000));
    if ((user + system) / 1000 > SLOW_MS) problem ??= `took ${(user + system) / 1000} ms`;
    if (problem)
      sign.problem = `sample ${sign.done} of seed ${seed}: ${problem}: ${Buffer.from(bytes).toString('hex')}`;
    sign.done++;
    if (sign.done % SIGN_EVERY === 0) send();
  }
  rmSync(folder, { recursive: true });
  send();
  process.disconnect();
}

void main();
