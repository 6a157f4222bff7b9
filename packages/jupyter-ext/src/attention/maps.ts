/**
 * Maps out of a bundle: where queries look, and which queries tokens read. The same numbers as @blip2/core's.
 * H heads, Q queries, P patches, T tokens.
 */
import type { Attention, Maps, Reader } from './bundle';
import { entropy, peak } from './measures';
import { unpack, type Packed } from './numbers';
import type { Pick, Reading, ViewState } from './state';

/** What is on view of a source, decoded and reduced once, so that moving the pointer only looks things up. */
export interface Stack {
  /** Shares of attention, or what gradients made of them. */
  unit: 'share' | 'gradient';
  queries: number;
  patches: number;
  /** [Q, P] */
  heat: Float32Array;
  /** The class token's: [Q] */
  cls: Float32Array;
  /** Of every query: bits, the patch that gets most, and what that gets. */
  entropies: number[];
  peaks: number[];
  tops: number[];
}

/** A part of the state: whatever else changes, the stack stays the same. */
export type Where = globalThis.Pick<ViewState, 'source' | 'layer' | 'head'>;

/** @param where as `fit` returns it */
export function stackOf(attention: Attention, { source, layer, head }: Where): Stack {
  const { queries, grid } = attention;
  const patches = grid.rows * grid.columns;
  const all: Maps[] =
    source === 'rollout'
      ? [attention.rollout!]
      : pickLayers(attention[source === 'gradients' ? 'gradients' : 'layers']!, layer);
  const [heads, how] = source === 'rollout' ? [1, 'mean' as const] : [attention.heads, head];
  const heat = combine(unpacked(all.map((maps) => maps.heat)), heads, how, layer);
  const maps = Array.from({ length: queries }, (_, query) =>
    heat.subarray(query * patches, (query + 1) * patches),
  );
  const peaks = maps.map(peak);
  return {
    unit: source === 'gradients' ? 'gradient' : 'share',
    queries,
    patches,
    heat,
    cls: combine(
      all.map((maps) => maps.cls),
      heads,
      how,
      layer,
    ),
    entropies: maps.map(entropy),
    peaks,
    tops: maps.map((map, query) => map[peaks[query]]),
  };
}

/** Where one query looks: [P]. What is missing to a sum of 1 went to the class token. */
export const mapOf = ({ heat, patches }: Stack, query: number): Float32Array =>
  heat.subarray(query * patches, (query + 1) * patches);

/** How much every query looks at one patch: [Q]. */
export const atPatch = ({ heat, patches, queries }: Stack, patch: number): Float32Array =>
  Float32Array.from({ length: queries }, (_, query) => heat[query * patches + patch]);

/** How much every token reads every query: [T, Q]. */
export function readingOf({ layers, heads }: Reader, { layer, head }: Reading): Float32Array {
  return combine(unpacked(pickLayers(layers, layer).map(({ toQueries }) => toQueries)), heads, head, layer);
}

/** From a token through the queries to the patches: the sum of the queries' maps, weighted by how much each is read. */
export function through(weights: Float32Array, stack: Stack): { map: Float32Array; cls: number } {
  const sums = new Float64Array(stack.patches);
  let cls = 0;
  for (let query = 0; query < stack.queries; query++) {
    const weight = weights[query];
    cls += weight * stack.cls[query];
    for (let patch = 0, at = query * stack.patches; patch < stack.patches; patch++, at++) {
      sums[patch] += weight * stack.heat[at];
    }
  }
  return { map: Float32Array.from(sums), cls };
}

function pickLayers<L extends { layer: number }>(layers: readonly L[], layer: Pick): L[] {
  const found = layers.filter((one) => typeof layer === 'string' || one.layer === layer);
  if (found.length === 0) throw new RangeError(`No layer ${layer}`);
  return found;
}

/** Layers' [H, …] → […], first over the heads, then over the layers, of which one at a time is in memory. */
function combine(layers: Iterable<Float32Array>, heads: number, head: Pick, layer: Pick): Float32Array {
  function* each() {
    for (const values of layers) {
      const width = values.length / heads;
      const rows = Array.from({ length: heads }, (_, h) => values.subarray(h * width, (h + 1) * width));
      yield typeof head === 'number' ? rows[head] : overAll(rows, head);
    }
  }
  return Float32Array.from(overAll(each(), layer === 'max' ? 'max' : 'mean'));
}

/** The mean or the largest at each place. */
function overAll(tables: Iterable<Float32Array | Float64Array>, how: 'mean' | 'max'): Float64Array {
  let result = new Float64Array(0);
  let count = 0;
  for (const table of tables) {
    if (count++ === 0) result = Float64Array.from(table);
    else if (how === 'mean') for (let i = 0; i < result.length; i++) result[i] += table[i];
    else for (let i = 0; i < result.length; i++) if (table[i] > result[i]) result[i] = table[i];
  }
  if (how === 'mean') for (let i = 0; i < result.length; i++) result[i] /= count;
  return result;
}

function* unpacked(all: readonly Packed[]): Iterable<Float32Array> {
  for (const numbers of all) yield unpack(numbers);
}
