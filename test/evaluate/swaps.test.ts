/** True captions against those that differ from them by one exchange. */
import { describe, expect, test } from 'vitest';
import { evaluateSwaps, type RetrievalModel } from '../../packages/core/src/evaluate';
import { smallShapes } from '../recipes/tower';

const { test: split } = smallShapes();

/** Scores a pair by what is known of the picture and the text. */
const scoring = (
  itc: (image: number, text: string) => number,
  itm: (image: number, text: string) => number,
): RetrievalModel => ({
  encodePool: async ({ size }, texts) => ({
    similarities: Float32Array.from({ length: size * texts.length }, (_, at) =>
      itc(Math.floor(at / texts.length), texts[at % texts.length]),
    ),
    matchLogits: async (images, rows) => Float32Array.from(images, (image, n) => itm(image, texts[rows[n]])),
  }),
});

const truth = (image: number, text: string) => (split.describes!(image, text) ? 1 : -1);

describe('evaluateSwaps', () => {
  test('one that knows the truth is always right, one that only counts words never', async () => {
    const rows = await evaluateSwaps(
      scoring((_, text) => text.length, truth),
      split,
    );
    expect(rows.map(({ swap }) => swap).sort()).toEqual(['axis', 'color', 'order', 'shape', 'size']);
    for (const row of rows) expect(row, row.swap).toMatchObject({ itm: 100 });
    for (const row of rows.filter(({ swap }) => swap !== 'axis')) expect(row.itc, row.swap).toBe(0);
    const captions = (swap: string) => rows.find((row) => row.swap === swap)!.captions;
    expect(captions('order')).toBe(12);
    expect(captions('size')).toBeLessThan(12);
  });

  test('counts pictures: the share of which the true one scores higher', async () => {
    const half = (image: number, text: string) => (image < 6 ? 1 : -1) * truth(image, text);
    const [order] = (await evaluateSwaps(scoring(half, truth), split)).filter(({ swap }) => swap === 'order');
    expect(order).toEqual({ swap: 'order', captions: 12, itc: 50, itm: 100 });
  });

  test('data without swapped captions is told so', async () => {
    await expect(evaluateSwaps(scoring(truth, truth), { ...split, swaps: undefined })).rejects.toThrow(
      'test: there are no swapped captions',
    );
  });
});
