/** What a pass through a part of the model costs: counted from its parameters' shapes, not measured. */
import type { ParameterSpecs } from '../../runtime';
import type { TowerConfig } from '../../models';

/** Of one sample. */
export interface Cost {
  /** Operations of the forward pass; a multiplication and an addition are two. */
  forward: number;
  /** Operations of the backward pass; 0 where no gradient comes through. */
  backward: number;
  /** Numbers (float32) that the backward pass needs of the forward pass. */
  kept: number;
  /** The same if each block is computed anew in the backward pass: what goes into the blocks, and one block's own. */
  keptByRecompute: number;
}

/** The sum of several costs, each of which may be several times. */
export function addCosts(...costs: readonly Cost[]): Cost {
  const sum = (key: keyof Cost) => costs.reduce((total, cost) => total + cost[key], 0);
  return {
    forward: sum('forward'),
    backward: sum('backward'),
    kept: sum('kept'),
    keptByRecompute: sum('keptByRecompute'),
  };
}

/** Names of matrices that rows are multiplied with: weights of two axes or more that are no look-up table. */
const isMatrix = (name: string, shape: readonly number[]): boolean =>
  shape.length >= 2 &&
  name.endsWith('.weight') &&
  (!/embed|(^|\.)shared\.|relative_attention_bias/.test(name) || name.endsWith('patch_embedding.weight'));

/**
 * Operations of all matrix products of a pass.
 * @param rows how many rows go through the matrix of a name
 */
export function productOperations(specs: ParameterSpecs, rows: (name: string) => number): number {
  return Object.entries(specs)
    .filter(([name, { shape }]) => isMatrix(name, shape))
    .reduce((sum, [name, { shape }]) => sum + 2 * rows(name) * shape.reduce((size, side) => size * side), 0);
}

/** Operations of q kᵀ and of the sum over v. */
export const attentionOperations = (rows: number, columns: number, width: number): number =>
  4 * rows * columns * width;

/** How many blocks there are, by the numbers in the names of their parameters. */
export function blocksOf(specs: ParameterSpecs): number {
  const numbers = Object.keys(specs).map((name) =>
    Number(/\.(?:layers?|block)\.(\d+)\./.exec(name)?.[1] ?? -1),
  );
  return Math.max(-1, ...numbers) + 1;
}

/** The parameters whose names begin so. */
export const startingWith = (specs: ParameterSpecs, prefix: string): ParameterSpecs =>
  Object.fromEntries(Object.entries(specs).filter(([name]) => name.startsWith(prefix)));

/** The width of the feed-forward layers. */
export function feedForwardOf(specs: ParameterSpecs): number {
  const expanding = Object.entries(specs).filter(([name]) => /\b(fc1|wi|wi_0|up_proj)\.weight$/.test(name));
  return expanding.reduce((most, [, { shape }]) => Math.max(most, shape[0]), 0);
}

/** Heads of each block, as the families call them. */
export function headsOf({ config }: TowerConfig): number {
  const { numAttentionHeads, numHeads } = config as { numAttentionHeads?: number; numHeads?: number };
  return numAttentionHeads ?? numHeads ?? 1;
}
