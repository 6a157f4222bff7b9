import { describe, expect, test } from 'vitest';
import { drawBelow, type ImageTextSplit } from '../../packages/core/src/data';
import {
  evaluateRetrieval,
  ranks,
  recall,
  rerank,
  textPool,
  topColumns,
  transpose,
  transposeRelevance,
  type RetrievalModel,
  type Scores,
} from '../../packages/core/src/evaluate';

/** Few distinct values, so that there are many ties. */
const random = (rows: number, columns: number, seed: number, levels = 5): Scores => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, (_, i) => drawBelow(levels, seed, i) / 4),
});

/** The definition, spelled out: sort all columns, relevant ones last among equals, and look for the first relevant. */
function bruteForceRank(scores: number[], relevant: number[]): number {
  const order = scores.map((score, column) => ({ score, own: relevant.includes(column) }));
  order.sort((a, b) => b.score - a.score || Number(a.own) - Number(b.own));
  const found = order.findIndex(({ own }) => own);
  return order.slice(0, found).filter(({ own }) => !own).length;
}

describe('ranking', () => {
  test('ranks follow the definition, ties and several relevant columns included', () => {
    for (let seed = 0; seed < 50; seed++) {
      const scores = random(6, 9, seed);
      const relevant = Array.from({ length: 6 }, (_, row) => [
        ...new Set([drawBelow(9, seed, row, 1), drawBelow(9, seed, row, 2)]),
      ]);
      const expected = relevant.map((own, row) =>
        bruteForceRank([...scores.values.slice(row * 9, row * 9 + 9)], own),
      );
      expect([...ranks(scores, relevant)]).toEqual(expected);
    }
  });

  test('a model that knows nothing has recall 0, a perfect one 100', () => {
    const relevant = Array.from({ length: 20 }, (_, i) => [i]);
    const flat = { rows: 20, columns: 20, values: new Float32Array(400) };
    expect(recall(ranks(flat, relevant))).toEqual({ r1: 0, r5: 0, r10: 0 });
    const perfect = { ...flat, values: flat.values.map((_, i) => (i % 21 === 0 ? 1 : 0)) };
    expect(recall(ranks(perfect, relevant))).toEqual({ r1: 100, r5: 100, r10: 100 });
  });

  test('not-a-number never wins', () => {
    const scores = { rows: 1, columns: 3, values: Float32Array.of(NaN, 1, 0.5) };
    expect([...ranks(scores, [[1]])]).toEqual([1]);
    expect([...ranks(scores, [[0]])]).toEqual([2]);
  });

  test('what has no relevant column is never found', () => {
    const scores = { rows: 2, columns: 2, values: Float32Array.of(1, 0, 1, 0) };
    expect(recall(ranks(scores, [[], [0]]))).toEqual({ r1: 50, r5: 50, r10: 50 });
  });

  test('recall counts ranks below 1, 5, 10', () => {
    expect(recall(Int32Array.of(0, 4, 5, 9, 10))).toEqual({ r1: 20, r5: 40, r10: 80 });
  });

  test('transposes', () => {
    const scores = random(3, 4, 1);
    expect(transpose(transpose(scores))).toEqual(scores);
    expect(transpose(scores).values[2 * 3 + 1]).toBe(scores.values[1 * 4 + 2]);
    expect(transposeRelevance([[0, 2], [2]], 3)).toEqual([[0], [], [0, 1]]);
  });

  test('topColumns: best first, equal scores by number', () => {
    const scores = { rows: 1, columns: 5, values: Float32Array.of(1, 3, 2, 3, 0) };
    expect([...topColumns(scores, 4)[0]]).toEqual([1, 3, 2, 0]);
    expect(topColumns(scores, 99)[0]).toHaveLength(5);
  });

  test('topColumns equals a full sort, ties included; what is not a number comes last', () => {
    for (let seed = 0; seed < 50; seed++) {
      const scores = random(4, 12, seed);
      scores.values[seed % 48] = NaN;
      const value = (at: number) => (Number.isNaN(scores.values[at]) ? -1 : scores.values[at]);
      for (const k of [0, 1, 5, 12, 13]) {
        const expected = Array.from({ length: 4 }, (_, row) =>
          Array.from({ length: 12 }, (_, column) => column)
            .sort((a, b) => value(row * 12 + b) - value(row * 12 + a) || a - b)
            .slice(0, k),
        );
        expect(topColumns(scores, k).map((columns) => [...columns])).toEqual(expected);
      }
    }
  });

  test('equal scores: lost, or the later column first', () => {
    const scores = { rows: 1, columns: 5, values: Float32Array.of(1, 2, 2, 2, 0) };
    expect([...ranks(scores, [[2]])]).toEqual([2]);
    expect([...ranks(scores, [[2]], 'laterFirst')]).toEqual([1]);
    expect([...ranks(scores, [[0, 3]], 'laterFirst')]).toEqual([0]);
    const broken = { rows: 1, columns: 3, values: Float32Array.of(NaN, 1, 0.5) };
    expect([...ranks(broken, [[0]], 'laterFirst')]).toEqual([2]);
  });

  test('re-ranking: logit + similarity for candidates, −100 elsewhere', () => {
    const scores = { rows: 1, columns: 3, values: Float32Array.of(0.5, 0.25, 0.75) };
    const { values } = rerank(scores, topColumns(scores, 2), (_, column) => 10 * column);
    expect([...values]).toEqual([0.5, -100, 20.75]);
  });
});

/** A split of made-up captions. */
function captions(lists: string[][]): ImageTextSplit {
  return {
    name: 'test',
    size: lists.length,
    imageSize: 1,
    identity: {},
    id: String,
    pixels: () => new Uint8Array(3),
    captions: (index) => lists[index],
  };
}

describe('evaluateRetrieval', () => {
  const split = captions([['A red circle.', 'circle'], ['a blue square'], ['a red circle'], ['a star']]);

  test('equal captions are one text of all their images', () => {
    expect(textPool(split)).toEqual({
      texts: ['a red circle', 'circle', 'a blue square', 'a star'],
      relevant: [[0, 1], [2], [0], [3]],
    });
    expect(textPool(split, 'apart').relevant).toEqual([[0, 1], [2], [3], [4]]);
  });

  // ITC takes the square for the star and the other way round; ITM knows better.
  const asked: [number, number][] = [];
  const model: RetrievalModel = {
    encodePool: async (images, texts) => ({
      similarities: Float32Array.from({ length: images.size * texts.length }, (_, at) => {
        const [image, text] = [Math.floor(at / texts.length), at % texts.length];
        const guess = [0, 3, 0, 2][image];
        const second = [1, 2, 1, 3][image];
        return text === guess ? 0.9 : text === second ? 0.8 : 0.1;
      }),
      matchLogits: async (imageIndices, textIndices) =>
        Float32Array.from(imageIndices, (image, n) => {
          asked.push([image, textIndices[n]]);
          return textPool(split).relevant[image].includes(textIndices[n]) ? 3 : -3;
        }),
    }),
  };

  test('recall by ITC, and after re-ranking by ITM, both ways', async () => {
    const result = await evaluateRetrieval(model, split, { k: 2 });
    expect(result).toMatchObject({ images: 4, texts: 4, k: 2 });
    const short = result.rows.map(({ direction, scores, r1, r5 }) => [scores, direction, r1, r5]);
    expect(short).toEqual([
      ['ITC', 'image→text', 50, 100],
      ['ITC', 'text→image', 25, 100],
      ['ITM', 'image→text', 100, 100],
      ['ITM', 'text→image', 100, 100],
    ]);
    expect(new Set(asked.map(String)).size).toBe(asked.length);
  });

  test('by truth: what a text is true of counts as found, whichever picture it was written for', async () => {
    const { texts, relevant } = textPool(split);
    const also = [
      [1, 'a star'],
      [2, 'circle'],
    ];
    const describes = (image: number, text: string) =>
      relevant[image].includes(texts.indexOf(text)) || also.some(([i, t]) => i === image && t === text);
    const { rows, truthRows } = await evaluateRetrieval(
      model,
      { ...split, describes },
      { k: 0, byTruth: true },
    );
    expect(rows.map(({ r1 }) => r1)).toEqual([50, 25]);
    expect(truthRows?.map(({ scores, direction, r1 }) => [scores, direction, r1])).toEqual([
      ['ITC', 'image→text', 75],
      ['ITC', 'text→image', 75],
    ]);
    await expect(evaluateRetrieval(model, split, { byTruth: true })).rejects.toThrow('the data cannot tell');
  });

  test('k = 0 leaves ITM out', async () => {
    const result = await evaluateRetrieval(model, split, { k: 0 });
    expect(result.rows.map(({ scores }) => scores)).toEqual(['ITC', 'ITC']);
  });
});
