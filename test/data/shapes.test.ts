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
    expect(data.train.pixels(3)).toHaveLength(64 * 64 * 3);
    expect(data.test.captions(0)[0]).toMatch(/^an?( \w+){2,3} (above|left of) an?( \w+){2,3}$/);
    expect(existsSync(join(data.tokenizerDir, 'tokenizer.json'))).toBe(true);
    expect(data.train.identity).not.toEqual(data.test.identity);
    expect(shapes({ train: 80, captions: { objects: 1 } }).train.identity).toEqual(data.train.identity);
    expect(shapes({ train: 80, seed: 1 }).train.identity).not.toEqual(data.train.identity);
  });

  test('tells which texts are true of a picture, and exchanges something in its captions', () => {
    const { test: split } = smallShapes();
    for (let i = 0; i < split.size; i++) {
      const [{ caption, swapped }] = split.swaps!(i);
      expect(split.captions(i)).toEqual([caption]);
      expect(split.describes!(i, caption)).toBe(true);
      expect(Object.keys(swapped)).toContain('axis');
      for (const text of Object.values(swapped)) expect(split.describes!(i, text), text).toBe(false);
    }
    expect(split.describes!(0, 'colorful shapes')).toBe(false);
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
    expect(features).toMatchObject({ count: 80, shape: [17, 16] });
    for (const index of [0, 63, 64, 79]) {
      const pixels = normalise(stackPixels(data.train, [index]));
      const [alone, cached] = [
        tower.encode(tf.tensor4d(pixels, [1, 64, 64, 3])).dataSync(),
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

  test('pictures of another size give another number of tokens', async () => {
    const pixels = () => new Uint8Array(80 * 80 * 3).fill(90);
    const larger = { ...data.test, imageSize: 80, size: 1, identity: { larger: true }, pixels };
    const { shape, data: values } = await splitFeatures(tower, larger, cacheDir);
    expect(shape).toEqual([26, 16]);
    const alone = tower.encode(tf.tensor4d(normalise(pixels()), [1, 80, 80, 3])).dataSync();
    alone.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 4));
  });

  test('pictures that cannot be cut into patches are refused', async () => {
    const uneven = { ...data.test, imageSize: 50, size: 1 };
    await expect(async () => splitFeatures(tower, uneven, cacheDir)).rejects.toThrow(
      'Images of 50 × 50 pixels cannot be cut into patches of 16 × 16',
    );
  });
});
