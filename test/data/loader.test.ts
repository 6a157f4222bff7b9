// Batches of pictures decoded in threads: what they are must not depend on how they came about.
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  heldOut,
  openSource,
  PictureLoader,
  type LoaderOptions,
  type PictureSource,
} from '../../packages/core/src/data';
import { SampleOrder } from '../../packages/core/src/data/loader/order';
import { bijection, drawBelow } from '../../packages/core/src/data/random';
import { decodeImage } from '../../packages/core/src/image';
import { jpeg, put, shard, tar, temporaryDir } from './sourcesFixture';

const SIZE = 16;
const COUNT = 24;
let source: PictureSource;
let dir: string;
const open: PictureLoader[] = [];

beforeAll(async () => {
  dir = temporaryDir();
  put(dir, '0.tar', await shard(0, 14));
  put(dir, '1.tar', await shard(14, COUNT - 14));
  source = await openSource(dir);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((loader) => loader.dispose()));
});

function loaderOf(options: Partial<LoaderOptions> = {}, from = source): PictureLoader {
  const loader = new PictureLoader(from, {
    batchSize: 6,
    seed: 3,
    imageSize: SIZE,
    augment: true,
    workers: 1,
    prefetch: 1,
    ...options,
  });
  open.push(loader);
  return loader;
}
async function batches(loader: PictureLoader, steps: readonly number[]) {
  const all = [];
  for (const step of steps) all.push(await loader.batch(step));
  return all;
}

describe('a batch', () => {
  it('is the same whatever the threads, the prefetch, and what was asked for before', async () => {
    const expected = await batches(loaderOf(), [0, 1, 2, 3, 4]);
    expect(await batches(loaderOf({ workers: 2, prefetch: 3 }), [0, 1, 2, 3, 4])).toEqual(expected);
    expect(await batches(loaderOf({ workers: 3, prefetch: 0 }), [0, 1, 2, 3, 4])).toEqual(expected);
    const wandering = await batches(loaderOf({ workers: 2, prefetch: 2 }), [4, 1, 3, 3, 0]);
    expect(wandering).toEqual([4, 1, 3, 3, 0].map((step) => expected[step]));
    expect((await loaderOf({ seed: 4 }).batch(0)).indices).not.toEqual(expected[0].indices);
  });

  it('is written where it is told, again and again', async () => {
    const expected = await batches(loaderOf(), [0, 1]);
    const loader = loaderOf();
    const target = new Uint8Array(loader.batchBytes);
    for (const [step, { pixels }] of expected.entries()) {
      expect((await loader.batch(step, target)).pixels).toBe(target);
      expect(target).toEqual(pixels);
    }
  });

  it('is put together from what the workers of a training have', async () => {
    const [whole] = await batches(loaderOf(), [2]);
    const parts = [];
    for (const index of [0, 1]) parts.push(await loaderOf({ share: { index, count: 2 } }).batch(2));
    expect(Buffer.concat(parts.map(({ pixels }) => pixels)).equals(whole.pixels)).toBe(true);
    expect(parts.flatMap(({ captions }) => captions)).toEqual(whole.captions);
    expect(parts.flatMap(({ indices }) => [...indices])).toEqual([...whole.indices]);
    expect(() => loaderOf({ share: { index: 0, count: 4 } })).toThrow(/cannot be shared out to 4/);
  });

  it('goes through all pictures once an epoch, in another order each time; captions are cleaned up', async () => {
    const all = await batches(loaderOf({ batchSize: 8 }), [0, 1, 2, 3, 4, 5]);
    const epoch = (from: number) => all.slice(from, from + 3).flatMap(({ indices }) => [...indices]);
    expect(epoch(0)).not.toEqual(epoch(3));
    // Runs of 16 leave 8 of 24 out of an epoch.
    expect(new Set(epoch(0)).size).toBeGreaterThanOrEqual(16);
    expect(all[0].captions[0]).toBe(`picture ${all[0].indices[0]}`);
    expect(all[0].ids[0]).toBe(`${all[0].indices[0]}`.padStart(9, '0'));
  });

  it('shows pictures as evaluation does where they are not augmented', async () => {
    const { pixels, indices } = await loaderOf({ augment: false }).batch(0);
    const { bytes } = await source.read(indices[1]);
    const size = SIZE ** 2 * 3;
    expect(pixels.slice(size, 2 * size)).toEqual(await decodeImage(bytes, SIZE));
  });
});

describe('pictures that cannot be used are replaced, counted and named', () => {
  it('broken ones', async () => {
    const broken = temporaryDir();
    const picture = await jpeg(60, 80, 60);
    const members: Record<string, string | Uint8Array> = {};
    for (let i = 0; i < 8; i++)
      Object.assign(members, {
        [`k${i}.jpg`]: i === 5 ? picture.subarray(0, 200) : picture,
        [`k${i}.txt`]: i === 6 ? ' ' : `Is ${i}`,
      });
    put(broken, '0.tar', tar(members));
    const loader = loaderOf({ batchSize: 8, workers: 2 }, await openSource(broken));
    const { ids } = await loader.batch(0);
    expect(ids).not.toContain('k5');
    expect(ids).not.toContain('k6');
    expect(ids).toHaveLength(8);
    expect(loader.skipped.by['cannot be decoded'].examples[0]).toMatch(/0\.tar: k5 \(.*\)/);
    expect(loader.skipped.by['no caption'].examples[0]).toMatch(/0\.tar: k6/);
    const again = await loaderOf({ batchSize: 8, workers: 1 }, await openSource(broken)).batch(0);
    expect(again.ids).toEqual(ids);
  });

  it('those that a filter refuses, by its name', async () => {
    const filters = {
      safe: ({ metadata }: { metadata: Readonly<Record<string, unknown>> }) => metadata.NSFW === 'UNLIKELY',
    };
    const loader = loaderOf({ filters });
    const { indices } = await loader.batch(0);
    expect([...indices].every((index) => index % 2 === 1)).toBe(true);
    expect(loader.skipped.by['filter safe'].count).toBeGreaterThan(0);
  });

  it('those held out', async () => {
    const held = await heldOut(source, { count: 10, imageSize: SIZE });
    // A run that goes on must leave out what it left out before.
    const first = Array.from({ length: 60 }, (_, draw) => drawBelow(source.size, 0, draw));
    expect([...held.indices]).toEqual([...new Set(first)].slice(0, 10));
    expect(held.captions(0)).toEqual([`Picture ${held.indices[0]}.`]);
    const all = await batches(loaderOf({ without: held.indices }), [0, 1, 2, 3]);
    const drawn = new Set(all.flatMap(({ indices }) => [...indices]));
    expect([...held.indices].some((index) => drawn.has(index))).toBe(false);
  });

  it('and if none can be read, that is an error', async () => {
    const empty = temporaryDir();
    put(
      empty,
      'captions.jsonl',
      Array.from({ length: 9 }, (_, i) => `{"image": "${i}.jpg", "caption": "c", "split": "train"}\n`).join(
        '',
      ),
    );
    const loader = loaderOf({}, await openSource(empty));
    await expect(loader.batch(0)).rejects.toThrow(/none of 50 pictures could be used.*no such file/);
  });
});

describe('threads', () => {
  const threadsOf = (loader: PictureLoader) =>
    (loader as unknown as { threads: { workers: { threadId: number; terminate(): Promise<number> }[] } })
      .threads.workers;

  it('are gone after dispose, and what waits is told', async () => {
    const loader = loaderOf({ workers: 2 });
    await loader.batch(0);
    const workers = threadsOf(loader);
    const told = expect(loader.batch(50)).rejects.toThrow(/disposed/);
    await loader.dispose();
    await told;
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    await expect(loader.batch(1)).rejects.toThrow(/disposed/);
  });

  it('do not keep the process alive while they have nothing to do', async () => {
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    await loaderOf({ workers: 2 }).batch(0);
    expect(ports()).toBe(before);
  });

  it('of which one ends by itself: a clear error, not a wait without end', async () => {
    const loader = loaderOf({ workers: 2, prefetch: 0 });
    await loader.batch(0);
    await loader.batch(1);
    await new Promise((resolve) => setTimeout(resolve, 500)); // until it has nothing to do
    await threadsOf(loader)[1].terminate();
    await expect(batches(loader, [2, 3, 4, 5, 6])).rejects.toThrow(/thread that decodes pictures is gone/);
  });
});

describe('a mix', () => {
  it('has of each source what its weight says, over every 10,000 rows', () => {
    const part = (start: number, size: number, weight: number) => ({
      name: 'p',
      start,
      size,
      weight,
      run: 1,
    });
    const order = new SampleOrder({ parts: [part(0, 1000, 3), part(1000, 50, 1)] }, 7);
    const drawn = Array.from({ length: 10_000 }, (_, row) => order.draw(row));
    const second = drawn.filter((index) => index >= 1000);
    expect(second).toHaveLength(2500);
    // Each of the 50 equally often: whole epochs of its own.
    const counts = new Int32Array(50);
    for (const index of second) counts[index - 1000]++;
    expect(new Set(counts)).toEqual(new Set([50]));
    expect(Array.from({ length: 10 }, (_, row) => order.draw(9000 + row))).toEqual(drawn.slice(9000, 9010));
    expect(() => new SampleOrder({ parts: [part(0, 9, 1e6), part(9, 9, 1)] }, 0)).toThrow(/never be drawn/);
  });
});

it('an order is a permutation, whatever the size', () => {
  for (const size of [1, 2, 3, 17, 1000, 4097]) {
    const seen = new Set(Array.from({ length: size }, (_, i) => bijection(size, i, 42)));
    expect(seen.size).toBe(size);
    expect(Math.max(...seen)).toBe(size - 1);
  }
});
