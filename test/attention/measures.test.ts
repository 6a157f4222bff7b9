import { expect, it } from 'vitest';
import {
  attentionBundle,
  chance,
  entropy,
  patchesOn,
  peak,
  querySummaries,
  shareOn,
} from '../../packages/core/src/attention';

const map = (...values: number[]) => ({ rows: 2, columns: 2, values: Float32Array.from(values) });

it('measures entropy in bits, whatever the class token took', () => {
  expect(entropy(map(0.25, 0.25, 0.25, 0.25))).toBeCloseTo(2, 6);
  expect(entropy(map(0.1, 0.1, 0, 0))).toBeCloseTo(1, 6);
  expect(entropy(map(0, 0.3, 0, 0))).toBe(0);
});

it('finds the peak, and its part of the attention to patches', () => {
  expect(peak(map(0.1, 0.1, 0.2, 0.1))).toEqual({
    row: 1,
    column: 0,
    share: expect.closeTo(0.4, 6) as number,
  });
});

it('finds the patches that a mask covers', () => {
  // 4 × 4 pixels, 2 × 2 patches: one pixel in the first patch, two in the last.
  const data = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2];
  const mask = { width: 4, height: 4, data };
  const grid = { rows: 2, columns: 2 };
  expect(patchesOn(mask, grid)).toEqual([true, false, false, true]);
  expect(patchesOn(mask, grid, 0.5)).toEqual([false, false, false, true]);
  expect(() => patchesOn({ ...mask, width: 5 }, grid)).toThrow('A mask of 5×4 pixels has 16 values');
});

it('compares the share on objects with chance', () => {
  const objects = [true, false, false, true];
  expect(shareOn(map(0.3, 0.1, 0.1, 0.1), objects)).toBeCloseTo(2 / 3, 6);
  expect(shareOn(map(0.1, 0.1, 0.1, 0.1), objects)).toBeCloseTo(chance(objects), 6);
});

it('sums up every query', async () => {
  const bundle = await attentionBundle({
    image: { width: 2, height: 2, data: new Uint8Array(12) },
    maps: [
      { layer: 0, shape: [1, 2, 5], values: Float32Array.of(0.6, 0.4, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25) },
    ],
  });
  const [first, second] = querySummaries(bundle, { objects: [false, true, false, false] });
  expect(first).toEqual({
    query: 0,
    cls: expect.closeTo(0.6, 6) as number,
    entropy: 0,
    peak: { row: 0, column: 0, share: 1 },
    onObjects: 0,
  });
  expect(second).toMatchObject({ query: 1, cls: 0, onObjects: 0.25 });
  expect(querySummaries(bundle)[0]).not.toHaveProperty('onObjects');
});
