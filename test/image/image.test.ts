import { writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { CLIP_MEAN, CLIP_STD, decodeImage, normalise } from '../../packages/core/src/image';
import { keptByAxis } from '../../packages/core/src/image/taps';

const RED_GREEN = { width: 2, height: 1, data: Uint8Array.from([255, 0, 0, 0, 255, 0]) };

describe('normalise', () => {
  test('scales each channel by its own mean and deviation', () => {
    const values = normalise(Uint8Array.from([0, 128, 255, 255, 0, 128]));
    const expected = [0, 128, 255, 255, 0, 128].map(
      (byte, i) => (byte / 255 - CLIP_MEAN[i % 3]) / CLIP_STD[i % 3],
    );
    values.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  });

  test('writes where it is told', () => {
    const bytes = Uint8Array.from({ length: 51 }, (_, i) => i * 5); // 12 at a time, and a rest
    const target = new Float32Array(bytes.length);
    expect(normalise(bytes, target)).toBe(target);
    expect(target).toEqual(normalise(bytes));
  });
});

describe('decodeImage', () => {
  test('raw pixels pass unchanged at their own size', async () => {
    const data = Uint8Array.from({ length: 27 }, (_, i) => i * 9);
    expect(await decodeImage({ width: 3, height: 3, data }, 3)).toEqual(data);
  });

  test('a file, its bytes and raw pixels give the same square', async () => {
    const png = await sharp(RED_GREEN.data, { raw: { width: 2, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    const path = join(mkdtempSync(join(tmpdir(), 'blip2-image-')), 'two.png');
    writeFileSync(path, png);
    const raw = await decodeImage(RED_GREEN, 4);
    expect(raw).toHaveLength(4 * 4 * 3);
    expect([...raw.slice(0, 3)]).toEqual([255, 0, 0]);
    expect(await decodeImage(path, 4)).toEqual(raw);
    expect(await decodeImage(new Uint8Array(png), 4)).toEqual(raw);
  });

  test('alpha is dropped, grey becomes RGB', async () => {
    const rgba = { width: 1, height: 1, data: Uint8Array.from([10, 20, 30, 7]) };
    expect([...(await decodeImage(rgba, 1))]).toEqual([10, 20, 30]);
    const grey = await sharp(Uint8Array.from([77]), { raw: { width: 1, height: 1, channels: 1 } })
      .png()
      .toBuffer();
    expect([...(await decodeImage(grey, 1))]).toEqual([77, 77, 77]);
  });

  test('errors name the image', async () => {
    await expect(decodeImage('/nowhere/cat.png', 4)).rejects.toThrow('No image at /nowhere/cat.png');
    await expect(decodeImage(new Uint8Array([1, 2, 3]), 4)).rejects.toThrow(/cannot be decoded/);
    await expect(decodeImage({ width: 2, height: 2, data: new Uint8Array(5) }, 2)).rejects.toThrow(
      /12 \(RGB\)/,
    );
  });
});

test('what is made for an axis is kept by both of its lengths, and not without end', () => {
  const made: string[] = [];
  const tapsOf = keptByAxis((from, to) => made.push(`${from} ${to}`));
  expect([tapsOf(4, 2), tapsOf(2, 4), tapsOf(4, 2)]).toEqual([1, 2, 1]);
  for (let from = 5; from < 5000; from++) tapsOf(from, 2);
  tapsOf(4, 2);
  expect(made.filter((axis) => axis === '4 2')).toHaveLength(2);
});
