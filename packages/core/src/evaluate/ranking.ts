/**
 * Recall from scores: pure functions of numbers, no model. I images, T texts. Which texts belong to which images is a
 * list of pairs: an image may have several texts, and a text several images.
 */

/** Row-major scores [rows, columns]; the higher the better. */
export interface Scores {
  rows: number;
  columns: number;
  values: Float32Array;
}

/** `relevant[row]`: the columns that belong to a row. */
export type Relevance = readonly (readonly number[])[];

export interface Recall {
  /** Share of rows, in percent, with a relevant column among the first 1, 5, 10. */
  r1: number;
  r5: number;
  r10: number;
}

/** What LAVIS gives to candidates outside the top k of a re-ranking. */
export const NOT_CANDIDATE = -100;

/** A rank beyond every k. */
const LOST = 2 ** 31 - 1;

/** The scores of the other direction. */
export function transpose({ rows, columns, values }: Scores): Scores {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = values[row * columns + column];
  }
  return { rows: columns, columns: rows, values: out };
}

/** The rows that belong to each column. */
export function transposeRelevance(relevant: Relevance, columns: number): number[][] {
  const out: number[][] = Array.from({ length: columns }, () => []);
  relevant.forEach((list, row) => list.forEach((column) => out[column].push(row)));
  return out;
}

/**
 * What becomes of equal scores. `lost`: an irrelevant column comes before a relevant one, so that a model that scores
 * everything alike has recall 0. `laterFirst`: the later column comes first, as in numpy's
 * `argsort(score, kind='stable')[::-1]`. LAVIS leaves out `kind`, and with it the order of equal scores to chance.
 */
export type Ties = 'lost' | 'laterFirst';

/**
 * For each row, how many irrelevant columns come before its best relevant one; all of them, if that one's score is not a
 * number. A row without a relevant column is lost, however few columns there are.
 */
export function ranks(
  { rows, columns, values }: Scores,
  relevant: Relevance,
  ties: Ties = 'lost',
): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    if (relevant[row].length === 0) return LOST;
    const scores = values.subarray(row * columns, (row + 1) * columns);
    const own = new Set(relevant[row]);
    const best = Math.max(...relevant[row].map((column) => scores[column]));
    const last = Math.max(...relevant[row].filter((column) => scores[column] === best));
    let before = 0;
    for (let column = 0; column < columns; column++) {
      if (scores[column] < best || own.has(column)) continue;
      if (scores[column] !== best || ties === 'lost' || column > last) before++;
    }
    return before;
  });
}

/** @param ranked of each row, from 0 (see `ranks`) */
export function recall(ranked: Int32Array): Recall {
  const within = (k: number) => (100 * ranked.filter((rank) => rank < k).length) / ranked.length;
  return { r1: within(1), r5: within(5), r10: within(10) };
}

/** The `k` best columns of each row, best first; equal scores in order of column, what is not a number last. */
export function topColumns({ rows, columns, values }: Scores, k: number): Int32Array[] {
  return Array.from({ length: rows }, (_, row) => {
    const scores = values.slice(row * columns, (row + 1) * columns);
    for (let column = 0; column < columns; column++)
      if (Number.isNaN(scores[column])) scores[column] = -Infinity;
    const least = scores.slice().sort()[Math.max(0, columns - k)];
    const candidates: number[] = [];
    for (let column = 0; column < columns; column++) if (scores[column] >= least) candidates.push(column);
    return Int32Array.from(candidates.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, k));
  });
}

/**
 * Scores after re-ranking (LAVIS's compute_sim_matrix): candidates get matching logit + similarity, all others −100.
 * @param logit matching logit of (row, column)
 */
export function rerank(
  similarities: Scores,
  candidates: Int32Array[],
  logit: (row: number, column: number) => number,
): Scores {
  const { rows, columns } = similarities;
  const values = new Float32Array(rows * columns).fill(NOT_CANDIDATE);
  candidates.forEach((list, row) => {
    for (const column of list) {
      const at = row * columns + column;
      values[at] = logit(row, column) + similarities.values[at];
    }
  });
  return { rows, columns, values };
}
