import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { normalise } from '../../packages/core/src/image';
import { shapes, splitFeatures, stackPixels } from '../../packages/core/src/data';
import { tf } from '../../packages/core/src/runtime';
import { randomTower, smallShapes } from '../recipes/tower';

describe('shapes', () => {
  test('has three splits of pictures with captions', () => {
    const data = smallShapes();
    expect([data.train.size, data.validation.size, data.test.size]).toEqual([80, 20, 12]);
    expect(data.train.pixels(3)).toHaveLength(48 * 48 * 3);
    expect(data.test.captions(0)[0]).toMatch(/^a \w+ \w+ (above|left of) a \w+ \w+$/);
    expect(existsSync(join(data.tokenizerDir, 'tokenizer.json'))).toBe(true);
    expect(data.train.identity).not.toEqual(data.test.identity);
    expect(shapes({ train: 80, captions: { objects: 1 } }).train.identity).toEqual(data.train.identity);
    expect(shapes({ train: 80, seed: 1 }).train.identity).not.toEqual(data.train.identity);
  });

  test('an unknown option is named', () => {
    expect(() => shapes({ tarin: 5 } as never)).toThrow(/tarin/);
  });
});

describe('features of the frozen tower', () => {
  const tower = randomTower();
  const cacheDir = mkdtempSync(join(tmpdir(), 'blip2-cache-'));
  const data = smallShapes();

  test('are the tower’s own, whatever batch a picture falls into, and come from the cache the second time', async () => {
    const features = await splitFeatures(tower, data.train, cacheDir);
    expect(features).toMatchObject({ count: 80, shape: [10, 16] });
    for (const index of [0, 63, 64, 79]) {
      const pixels = normalise(stackPixels(data.train, [index]));
      const [alone, cached] = [
        tower.encode(tf.tensor4d(pixels, [1, 48, 48, 3])).dataSync(),
        features.gather([index]),
      ];
      alone.forEach((value, i) => expect(cached[i]).toBeCloseTo(value, 4));
    }
    const encode = vi.spyOn(tower, 'encode');
    expect((await splitFeatures(tower, data.train, cacheDir)).data).toEqual(features.data);
    expect(encode).not.toHaveBeenCalled();
    await splitFeatures(tower, data.test, cacheDir);
    expect(readdirSync(cacheDir)).toHaveLength(2);
  });

  test('pictures of another size are refused', async () => {
    const larger = { ...data.test, imageSize: 64, size: 1 };
    await expect(async () => splitFeatures(tower, larger, cacheDir)).rejects.toThrow(
      /pictures of 48 px, test has 64 px/,
    );
  });
});
