/** Maps out of a bundle: where one query looks. H heads, Q queries, P patches. */
import { Blip2Error } from '../runtime';
import { fromBase64, type AttentionBundle, type AttentionLayer } from './bundle';

/** Probabilities over the patches of a picture, row by row. What is missing to a sum of 1 went to the class token. */
export interface PatchMap {
  rows: number;
  columns: number;
  /** [rows · columns] */
  values: Float32Array;
}

export interface MapChoice {
  /** Number of the block; the last one that reads the picture unless given. */
  layer?: number;
  /** A head, or the mean or the largest of all heads at each patch; the mean unless given. */
  head?: number | 'mean' | 'max';
}

/** @throws Blip2Error naming the layers that there are */
export function layerOf({ layers }: AttentionBundle, layer?: number): AttentionLayer {
  const found = layer === undefined ? layers.at(-1) : layers.find((one) => one.layer === layer);
  if (found) return found;
  throw new Blip2Error(`Layer ${layer} does not read the picture`, {
    hint: `Layers that do: ${layers.map((one) => one.layer).join(', ')}.`,
  });
}

/** The map of one query. @throws Blip2Error if there is no such layer, head or query */
export function queryMap(bundle: AttentionBundle, choice: MapChoice & { query: number }): PatchMap {
  const { rows, columns } = bundle.grid;
  const heat = fromBase64(layerOf(bundle, choice.layer).heat);
  return { rows, columns, values: overHeads(bundle, heat, rows * columns, choice) };
}

/** The share of a query's attention that the class token has. */
export function classShare(bundle: AttentionBundle, choice: MapChoice & { query: number }): number {
  return overHeads(bundle, fromBase64(layerOf(bundle, choice.layer).cls), 1, choice)[0];
}

/** [H, Q, width] → [width] */
function overHeads(
  { heads, queries }: AttentionBundle,
  values: Float32Array,
  width: number,
  { head = 'mean', query }: MapChoice & { query: number },
): Float32Array {
  checkIndex('Query', query, queries);
  if (typeof head === 'number') checkIndex('Head', head, heads);
  const rowOf = (h: number) => {
    const at = (h * queries + query) * width;
    return values.subarray(at, at + width);
  };
  if (typeof head === 'number') return rowOf(head).slice();
  const all = Array.from({ length: heads }, (_, h) => rowOf(h));
  const combine = {
    mean: (column: number[]) => column.reduce((sum, value) => sum + value, 0) / heads,
    max: (column: number[]) => Math.max(...column),
  }[head];
  return Float32Array.from({ length: width }, (_, p) => combine(all.map((row) => row[p])));
}

function checkIndex(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new Blip2Error(`${what} ${index} does not exist`, {
    hint: `There are ${count}, from 0 to ${count - 1}.`,
  });
}
