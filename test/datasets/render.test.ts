import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { type Color, encodePng, shapesWorld, writeShapesFolder } from '../../datasets/src';

const world = shapesWorld({ train: 300, validation: 3 });
const SIDE = 64;
const plain = shapesWorld({
  cells: 3,
  objects: 2,
  sizes: 1,
  confetti: 0,
  train: 300,
  captions: { sizeProbability: 0 },
});

/** Which of the named colors a mean color is, told by hue and lightness alone: nothing of the renderer's. */
function colorName([red, green, blue]: [number, number, number]): Color {
  const [high, low] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  const chroma = high - low;
  let hue =
    high === red
      ? (green - blue) / chroma
      : high === green
        ? 2 + (blue - red) / chroma
        : 4 + (red - green) / chroma;
  hue = (hue * 60 + 360) % 360;
  if (hue < 15 || hue > 345) return 'red';
  if (hue < 40) return 'orange';
  if (hue < 70) return 'yellow';
  if (hue < 150) return 'green';
  if (hue < 200) return 'cyan';
  if (hue < 250) return 'blue';
  return hue < 300 ? 'purple' : 'pink';
}

describe('render', () => {
  it.each([
    ['default', world],
    ['plain', plain],
  ])(
    'paints each object where and in what color the scene says (%s)',
    (_, { splits, render, mask, imageSize }) => {
      for (const example of splits.train) {
        const pixels = render(example);
        const owner = mask(example);
        expect(pixels).toHaveLength(imageSize * imageSize * 3);
        example.scene.objects.forEach((object, i) => {
          const sum: [number, number, number] = [0, 0, 0];
          let [count, left, top, right, bottom] = [0, imageSize, imageSize, 0, 0];
          owner.forEach((value, pixel) => {
            if (value !== i + 1) return;
            count++;
            for (let channel = 0; channel < 3; channel++) sum[channel] += pixels[pixel * 3 + channel];
            const [x, y] = [pixel % imageSize, Math.floor(pixel / imageSize)];
            [left, right, top, bottom] = [
              Math.min(left, x),
              Math.max(right, x),
              Math.min(top, y),
              Math.max(bottom, y),
            ];
          });
          const mean = sum.map((channel) => channel / count) as [number, number, number];
          expect(colorName(mean), `${example.id} ${object.color} ${object.shape} ${mean.join()}`).toBe(
            object.color,
          );
          // Within its cell, but for the star's points, a hair longer than the radius.
          expect(left).toBeGreaterThanOrEqual(object.column * 16 - 1);
          expect(right).toBeLessThanOrEqual(object.column * 16 + 16);
          expect(top).toBeGreaterThanOrEqual(object.row * 16 - 1);
          expect(bottom).toBeLessThanOrEqual(object.row * 16 + 16);
        });
      }
    },
  );

  it('makes large objects larger than small ones, shape by shape', () => {
    const areas = new Map<string, number[]>();
    for (const example of world.splits.train) {
      const owner = world.mask(example);
      example.scene.objects.forEach(({ shape, size }, i) => {
        const area = owner.filter((value) => value === i + 1).length;
        areas.set(`${shape} ${size}`, [...(areas.get(`${shape} ${size}`) ?? []), area]);
      });
    }
    for (const shape of new Set(world.splits.train.flatMap((e) => e.scene.objects.map((o) => o.shape)))) {
      expect(Math.min(...areas.get(`${shape} large`)!)).toBeGreaterThan(
        Math.max(...areas.get(`${shape} small`)!),
      );
    }
  });

  it('enlarges the drawing, not its meaning', () => {
    const example = world.splits.train[0];
    const big = world.render(example, 4);
    expect(big).toHaveLength((SIDE * 4) ** 2 * 3);
    const small = world.render(example);
    // Each pixel is near the mean of the sixteen that it became.
    let difference = 0;
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        let sum = 0;
        for (let i = 0; i < 16; i++) sum += big[((y * 4 + (i >> 2)) * SIDE * 4 + x * 4 + (i & 3)) * 3];
        difference += Math.abs(sum / 16 - small[(y * SIDE + x) * 3]);
      }
    }
    expect(difference / SIDE ** 2).toBeLessThan(3);
  });
});

describe('writeShapesFolder', () => {
  const directory = mkdtempSync(join(tmpdir(), 'shapes-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('writes pictures that a reader of PNG finds equal, and a line for each caption', async () => {
    writeShapesFolder(world, 'validation', directory);
    expect(readdirSync(directory)).toHaveLength(4);
    const lines = readFileSync(join(directory, 'captions.jsonl'), 'utf8').trim().split('\n');
    for (const [i, example] of world.splits.validation.entries()) {
      const { image, caption } = JSON.parse(lines[i]) as { image: string; caption: string };
      expect(caption).toBe(example.captions[0]);
      const { data, info } = await sharp(join(directory, image)).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([SIDE, SIDE, 3]);
      expect(new Uint8Array(data)).toEqual(world.render(example));
    }
  });

  it('writes web captions on request', () => {
    writeShapesFolder(world, 'validation', directory, 'web');
    const lines = readFileSync(join(directory, 'captions.jsonl'), 'utf8').trim().split('\n');
    expect(JSON.parse(lines[0])).toEqual({
      image: 'validation-00000.png',
      caption: world.splits.validation[0].webCaption.text,
    });
  });

  it('refuses pixels that do not fit', () => {
    expect(() => encodePng(new Uint8Array(10), 2, 2)).toThrow('2 x 2 RGB needs 12 bytes, got 10');
  });
});
