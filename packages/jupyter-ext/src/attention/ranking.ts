/** The order of queries: by number, by how spread they look, by their peak, or by marks that they bear. Q queries. */
import type { Stack } from './maps';
import type { Sort } from './state';

/** Indices of queries, first to last: [Q]. The most focused and the highest peaks come first. */
export function orderBy({ queries, entropies, tops }: Stack, sort: Sort): number[] {
  const all = Array.from({ length: queries }, (_, query) => query);
  if (sort === 'number') return all;
  return sort === 'entropy' ? all.sort((a, b) => entropies[a] - entropies[b]) : ranked(tops);
}

/** Indices of values, the largest first; equals stay in order. */
export const ranked = (values: ArrayLike<number>): number[] =>
  Array.from(values, (_, i) => i).sort((a, b) => values[b] - values[a]);

/** The place of each value in that order, from 1. */
export function places(values: ArrayLike<number>): number[] {
  const result: number[] = [];
  for (const [place, index] of ranked(values).entries()) result[index] = place + 1;
  return result;
}
