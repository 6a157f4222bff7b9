import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

test('gather copies: the cache cannot be changed through it', () => {
  const features = new Features(Float32Array.of(1, 2), 2, [1]);
  features.gather([0])[0] = 9;
  expect(features.data[0]).toBe(1);
});
