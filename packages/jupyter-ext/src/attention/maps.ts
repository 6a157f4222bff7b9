/** Maps out of a bundle: where one query looks. The same numbers as @blip2/core's `queryMap`. H heads, Q queries, P patches. */
import type { Attention, AttentionLayer } from './bundle';
import type { Choice } from './choice';

type Where = Pick<Choice, 'query' | 'layer' | 'head'>;

/** Probabilities over the patches, row by row: [P]. What is missing to a sum of 1 went to the class token. */
export function queryMap(attention: Attention, where: Where): Float32Array {
  const { rows, columns } = attention.grid;
  return overHeads(attention, layerOf(attention, where.layer).heat, rows * columns, where);
}

/** The share of a query's attention that the class token has. */
export function classShare(attention: Attention, where: Where): number {
  return overHeads(attention, layerOf(attention, where.layer).cls, 1, where)[0];
}

/** The maps of all queries: Q × [P]. */
export function queryMaps(attention: Attention, where: Omit<Where, 'query'>): Float32Array[] {
  return Array.from({ length: attention.queries }, (_, query) => queryMap(attention, { ...where, query }));
}

function layerOf({ layers }: Attention, layer: number): AttentionLayer {
  const found = layers.find((one) => one.layer === layer);
  if (!found) throw new RangeError(`No layer ${layer}`);
  return found;
}

/** [H, Q, width] → [width] */
function overHeads(
  { heads, queries }: Attention,
  values: Float32Array,
  width: number,
  { head, query }: Where,
): Float32Array {
  const rowOf = (h: number) =>
    values.subarray((h * queries + query) * width, (h * queries + query + 1) * width);
  if (typeof head === 'number') return rowOf(head).slice();
  const combined = new Float64Array(width);
  for (let h = 0; h < heads; h++) {
    const row = rowOf(h);
    for (let p = 0; p < width; p++) {
      combined[p] = head === 'mean' ? combined[p] + row[p] / heads : Math.max(combined[p], row[p]);
    }
  }
  return Float32Array.from(combined);
}
