/**
 * 100,000 pictures through the loader, from JPEG shards with broken ones among them, twice, each time in a process of its own
 * and with other threads: memory stays flat, every batch is the same both times, what cannot be used is counted. Most of
 * them are small; some thousands are as large as in training.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endBlocks, memberBlocks } from '../../packages/core/src/data/sources/tar';
import { numbers } from '../checkpoints/hostileFiles';
import { noisyJpeg } from './hostilePictures';
import type { LoaderSign } from './loaderWorker';
import type { SoakOptions } from './main';

const FULL = 100_000;
const REDUCED = 4_000;
/** Of a hundred small crops so many are of 224 pixels. */
const LARGE_PERCENT = 3;

const SMALL = { side: 72, imageSize: 64, shards: 4, perShard: 500, batchSize: 100 };
const LARGE = { side: 320, imageSize: 224, shards: 2, perShard: 100, batchSize: 25 };
type Size = typeof SMALL;

/** One picture of so many cannot be used, for one reason or another. */
const BROKEN_EVERY = 25;
/** Why, as the loader says it. */
const REASONS = ['cannot be decoded', 'no caption'];
/** What the second half may take more than the first: a kilobyte a picture left behind would be more. */
const GROWTH_LIMIT = 32 * 2 ** 20;

/** Numbers that are broken end on this: none of them may be handed out. */
export const BROKEN = 'broken';

async function writeShards(dir: string, { side, shards, perShard }: Size, seed: number): Promise<void> {
  const random = numbers(seed);
  for (let shard = 0; shard < shards; shard++) {
    const blocks: Uint8Array[] = [];
    for (let i = 0; i < perShard; i++) {
      const whole = await noisyJpeg(side + random(side / 4), side + random(side / 4), random(1000));
      const isBroken = i % BROKEN_EVERY === BROKEN_EVERY - 1;
      const key = `${shard}-${String(i).padStart(6, '0')}${isBroken ? `-${BROKEN}` : ''}`;
      // In turn: random bytes, cut within its headers, a picture that nothing is said about.
      const kind = isBroken ? random(3) : 3;
      const bytes = [Uint8Array.from({ length: 300 }, () => random(256)), whole.subarray(0, 150)][kind];
      const text = kind === 2 ? ' ' : `picture ${i} of shard ${shard}`;
      blocks.push(...memberBlocks(`${key}.jpg`, bytes ?? whole));
      blocks.push(...memberBlocks(`${key}.txt`, Buffer.from(text)));
    }
    writeFileSync(join(dir, `${shard}.tar`), Buffer.concat([...blocks, endBlocks()]));
  }
}

interface Pass {
  samples: number;
  /** Of all batches, in order: pixels, captions, names. */
  hash: string;
  skipped: Record<string, number>;
  /** Highest resident memory while each half was read, in bytes. */
  firstHalf: number;
  secondHalf: number;
  problem?: string;
}

/** Reads so many pictures in a process of its own. */
function read(
  dir: string,
  samples: number,
  { imageSize, batchSize }: Size,
  threads: { workers: number; prefetch: number },
  note: (message: string) => void,
): Promise<Pass> {
  return new Promise((resolve) => {
    const options = JSON.stringify({ dir, samples, imageSize, batchSize, ...threads });
    const child = fork(join(import.meta.dirname, 'loaderWorker.ts'), [options], {
      execArgv: ['--import', 'tsx'],
    });
    const pass: Pass = { samples: 0, hash: '', skipped: {}, firstHalf: 0, secondHalf: 0 };
    child.on('message', ({ done, memory, ...rest }: LoaderSign) => {
      const half = done <= samples / 2 ? 'firstHalf' : 'secondHalf';
      Object.assign(pass, rest, { samples: done, [half]: Math.max(pass[half], memory) });
      if (done % (samples / 10) === 0) note(`${imageSize} px: ${done}, ${Math.round(memory / 1e6)} MB`);
    });
    child.on('close', (code, signal) => {
      if (code !== 0) pass.problem ??= `ended (${signal ?? code}) after ${pass.samples} pictures`;
      resolve(pass);
    });
  });
}

async function soak(size: Size, samples: number, { seed, note }: SoakOptions) {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-soak-'));
  await writeShards(dir, size, seed);
  note(`shards of pictures of ${size.side} px are written`);
  const first = await read(dir, samples, size, { workers: 2, prefetch: 4 }, note);
  const second = await read(dir, samples, size, { workers: 1, prefetch: 1 }, note);
  rmSync(dir, { recursive: true });
  const growth = first.secondHalf - first.firstHalf;
  const checks = {
    whole: [first, second].every(({ problem, samples: done }) => problem === undefined && done === samples),
    sameTwice: first.hash === second.hash,
    skippedAlike: JSON.stringify(first.skipped) === JSON.stringify(second.skipped),
    skippedCounted: REASONS.every((reason) => first.skipped[reason] > 0),
    flat: growth < GROWTH_LIMIT,
  };
  return { ok: Object.values(checks).every(Boolean), ...checks, growth, first, second };
}

/** A whole number of tenths, and of batches in each. */
const rounded = (samples: number, { batchSize }: Size): number =>
  Math.max(1, Math.round(samples / batchSize / 10)) * batchSize * 10;

export async function loader(options: SoakOptions) {
  const { reduced, count = reduced ? REDUCED : FULL } = options;
  const small = await soak(SMALL, rounded(count, SMALL), options);
  const large = await soak(LARGE, rounded((count * LARGE_PERCENT) / 100, LARGE), options);
  return { ok: small.ok && large.ok, small, large };
}
