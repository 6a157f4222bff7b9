/** Texts beside an image, in batches whose tokens are about as many, packed without padding. */
import { expect, test } from 'vitest';
import { TextTable } from '../../packages/core/src/inference';

/** A text is its length here; its tokens are its length and the numbers before. */
const tokenizer = {
  encodeBatch: ([text]: string[]) => ({
    ids: Int32Array.from({ length: Number(text) }, (_, i) => Number(text) - i),
    mask: new Int32Array(Number(text)).fill(1),
  }),
};
const table = (lengths: number[]) => new TextTable(lengths.map(String), tokenizer as never, 35);

test('each text once; full batches within a token or two of each other, the last in proportion', () => {
  const tokens = table(Array.from({ length: 140 }, (_, i) => 5 + Math.floor(((i * 37) % 140) ** 3 / 1e5)));
  const texts = Array.from({ length: 140 }, (_, i) => i).reverse();
  const batches = tokens.batches(texts);
  expect(batches.map((some) => some.length)).toEqual([32, 32, 32, 32, 12]);
  expect(batches.flat().sort((a, b) => a - b)).toEqual([...texts].reverse());
  const rows = batches.map((some) => some.reduce((sum, text) => sum + tokens.length(text), 0));
  expect(Math.max(...rows.slice(0, 4)) - Math.min(...rows.slice(0, 4))).toBeLessThanOrEqual(2);
  expect(Math.abs(rows[4] / 12 - rows[0] / 32)).toBeLessThan(1);
});

test('packed: rows in steps of 16, the longest in steps of 4, pairs without a text empty', async () => {
  const { ids, places, tokens } = table([3, 6, 1]).packed([1, 0, 2]);
  expect(Array.from(await ids.data())).toEqual([6, 5, 4, 3, 2, 1, 3, 2, 1, 1, ...Array<number>(6).fill(0)]);
  expect(Array.from(await places.data()).slice(0, 10)).toEqual([0, 1, 2, 3, 4, 5, 8, 9, 10, 16]);
  expect(await tokens.array()).toEqual([
    [0, 1, 2, 3, 4, 5, -1, -1],
    [6, 7, 8, -1, -1, -1, -1, -1],
    [9, -1, -1, -1, -1, -1, -1, -1],
    Array(8).fill(-1),
  ]);
});

test.each([
  [1, 1],
  [2, 2],
  [3, 4],
  [5, 8],
  [9, 16],
  [31, 32],
])('%i texts are packed as %i pairs', (texts, pairs) => {
  const all = Array.from({ length: texts }, (_, i) => i);
  expect(table(all.map(() => 4)).packed(all).tokens.shape).toEqual([pairs, 4]);
});

test('padded: all of a table to one length, cut where it is said', async () => {
  const { ids, mask } = table([3, 6]).padded([0]);
  expect([await ids.array(), await mask.array()]).toEqual([
    [[3, 2, 1, 0, 0, 0, 0, 0]],
    [[1, 1, 1, 0, 0, 0, 0, 0]],
  ]);
  expect(table([3, 34]).padded([0, 1]).ids.shape).toEqual([2, 35]); // no step beyond the most
});
