import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { cacheLimit } from '../../packages/core/src/data/cacheFolder';
import { cachedFeatures, Features } from '../../packages/core/src/data';

const dir = mkdtempSync(join(tmpdir(), 'blip2-features-'));
// Image i has the features [i, i + 0.5, i, i + 0.5].
const compute = vi.fn((start: number, end: number) =>
  Float32Array.from({ length: (end - start) * 4 }, (_, at) => start + Math.floor(at / 4) + (at % 2) / 2),
);
const options = { dir, key: { tower: 'abc' }, count: 5, shape: [2, 2], batchSize: 2, compute };

test('features are computed once, in batches, and read back afterwards', async () => {
  const first = await cachedFeatures(options);
  expect(compute.mock.calls).toEqual([[0, 2], [2, 4], [4, 5]]); // prettier-ignore
  expect([...first.gather([4, 1])]).toEqual([4, 4.5, 4, 4.5, 1, 1.5, 1, 1.5]);
  const second = await cachedFeatures(options);
  expect(compute).toHaveBeenCalledTimes(3);
  expect(second.data).toEqual(first.data);
});

test('another tower or another shape is another file', async () => {
  await cachedFeatures({ ...options, key: { tower: 'xyz' } });
  expect(compute).toHaveBeenCalledTimes(6);
  expect(readdirSync(dir)).toHaveLength(2);
});

test('a damaged cache file is computed again', async () => {
  for (const name of readdirSync(dir)) {
    const bytes = readFileSync(join(dir, name));
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(join(dir, name), bytes);
  }
  expect((await cachedFeatures(options)).gather([3])).toEqual(Float32Array.of(3, 3.5, 3, 3.5));
  expect(compute).toHaveBeenCalledTimes(9);
});

test.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5)],
  ['empty', () => Buffer.alloc(0)],
  ['of another kind', () => Buffer.from('{"not": "features"}')],
])('a file that is %s is named, computed again and whole afterwards', async (_, damage) => {
  const own = { ...options, dir: mkdtempSync(join(tmpdir(), 'blip2-features-')) };
  await cachedFeatures(own);
  const path = join(own.dir, readdirSync(own.dir)[0]);
  const whole = readFileSync(path);
  writeFileSync(path, damage(whole));
  const note = vi.fn();
  expect((await cachedFeatures({ ...own, note })).gather([3])).toEqual(Float32Array.of(3, 3.5, 3, 3.5));
  expect(note).toHaveBeenCalledExactlyOnceWith(`${path} is damaged: its features are computed again`);
  expect(readFileSync(path).equals(whole)).toBe(true);
});

describe('a limit', () => {
  const own = { ...options, dir: mkdtempSync(join(tmpdir(), 'blip2-features-')) };
  const cached = (tower: string, limit: number, note = vi.fn()) =>
    cachedFeatures({ ...own, key: { tower }, limit, note });
  const size = () => statSync(join(own.dir, readdirSync(own.dir)[0])).size;

  test('more than it is refused before anything is computed', async () => {
    const before = compute.mock.calls.length;
    await expect(cached('a', 79)).rejects.toThrow(/take 8\.00e-8 GB, more than the 7\.90e-8 GB/);
    expect(compute).toHaveBeenCalledTimes(before);
  });

  test('what was used longest ago makes room', async () => {
    await cached('a', 1e6);
    await setTimeout(20);
    await cached('b', 1e6);
    await setTimeout(20);
    await cached('a', 1e6); // from the cache: used now
    const note = vi.fn();
    await cached('c', 2 * size() + 80, note);
    expect(readdirSync(own.dir)).toHaveLength(3);
    await cached('d', 3 * size() + 10, note);
    expect(note).toHaveBeenCalledOnce();
    const before = compute.mock.calls.length;
    await cached('a', 1e6);
    expect(compute).toHaveBeenCalledTimes(before);
    await cached('b', 1e6);
    expect(compute.mock.calls.length).toBeGreaterThan(before);
  });

  test.each(['0', 'much'])('%s gigabytes are no limit', (value) => {
    expect(() => cacheLimit(value)).toThrow(/BLIP2_CACHE_GB is/);
  });
});

test('gather copies: the cache cannot be changed through it', () => {
  const features = new Features(Float32Array.of(1, 2), 2, [1]);
  features.gather([0])[0] = 9;
  expect(features.data[0]).toBe(1);
});
