/** Maps out of a bundle: where one query looks. H heads, Q queries, P patches. */
import { Blip2Error } from '../runtime';
import type { AttentionBundle, AttentionLayer, AttentionMaps, FurtherSource } from './format';
import { fromBase64, unpack } from './numbers';

/**
 * Numbers for the patches of a picture, row by row. Of attention they are probabilities: what is missing to a sum of 1 went
 * to the class token.
 */
export interface PatchMap {
  rows: number;
  columns: number;
  /** [rows · columns] */
  values: Float32Array;
}

/** Which of a bundle's maps. */
export interface MapChoice {
  /** Cross-attention unless given; rollout has neither layers nor heads. */
  source?: 'attention' | FurtherSource;
  /** Number of the block; the last one that reads the picture unless given. */
  layer?: number;
  /** A head, or the mean or the largest of all heads at each patch; the mean unless given. */
  head?: number | 'mean' | 'max';
}

/** @throws Blip2Error naming the layers that there are */
export function layerOf({ layers }: Pick<AttentionBundle, 'layers'>, layer?: number): AttentionLayer {
  const found = layer === undefined ? layers.at(-1) : layers.find((one) => one.layer === layer);
  if (found) return found;
  throw new Blip2Error(`Layer ${layer} does not read the picture`, {
    hint: `Layers that do: ${layers.map((one) => one.layer).join(', ')}.`,
  });
}

/** The map of one query. @throws Blip2Error if there is no such source, layer, head or query */
export function queryMap(bundle: AttentionBundle, choice: MapChoice & { query: number }): PatchMap {
  const { rows, columns } = bundle.grid;
  const { heat, scale } = mapsOf(bundle, choice);
  const values = unpack({ values: heat, scale }, rows * columns);
  return { rows, columns, values: overHeads(bundle, values, rows * columns, choice) };
}

/** The share of a query's attention that the class token has. */
export function classShare(bundle: AttentionBundle, choice: MapChoice & { query: number }): number {
  return overHeads(bundle, fromBase64(mapsOf(bundle, choice).cls), 1, choice)[0];
}

function mapsOf(bundle: AttentionBundle, { source = 'attention', layer }: MapChoice): AttentionMaps {
  if (source === 'attention') return layerOf(bundle, layer);
  const { gradients, rollout } = bundle;
  const found = source === 'rollout' ? rollout : gradients && layerOf({ layers: gradients }, layer);
  if (found) return found;
  throw new Blip2Error(`The bundle has no ${source}`, {
    hint: `Record it with attend(…, { sources: ['${source}'] }).`,
  });
}

/** [H, Q, width] → [width] */
function overHeads(
  bundle: AttentionBundle,
  values: Float32Array,
  width: number,
  { source, head = 'mean', query }: MapChoice & { query: number },
): Float32Array {
  const { queries } = bundle;
  const heads = source === 'rollout' ? 1 : bundle.heads;
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
