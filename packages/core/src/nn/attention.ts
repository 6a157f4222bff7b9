/**
 * Multi-head attention, the one for every model here.
 * B batch, S rows, D width, H heads, d = D / H.
 */
import {
  attention,
  attentionContext,
  HalfTensor,
  isContextAlone,
  linear as multiply,
  normedLinear,
  tf,
  type AttentionOptions,
  type NormedRows,
  type Tensor,
} from '../runtime';
import { linear } from './layers';
import type { Weights } from './weights';

/** What rows are found by, and what they hand over: [B, H, S, d] each. (An interface would be no TensorTree.) */
export type KeyValues = {
  key: Tensor;
  value: Tensor;
};

/** What was read, and the probabilities by which. */
export interface AttentionOutput {
  /** [B, S, D] */
  context: Tensor;
  /** [B, H, queries, keys], before dropout. For who asks: where nobody does, they may never have been in memory. */
  probabilities: () => Tensor;
}

/**
 * Maps x by several layers of one width at once (query, key, value; or key and value) and splits heads.
 *
 * @param layers one layer per map
 * @param x [B, S, in]; where it comes out of a LayerNorm of features that are not trained, `NormedRows` cost less
 * @returns one tensor [B, H, S, d] per map
 */
export function projectHeads(layers: Weights[], x: Tensor | NormedRows, heads: number): Tensor[] {
  return splitHeads(projectMaps(layers, x), heads, layers.length);
}

/** Several maps side by side, each of all heads: [B, S, maps · D] → maps × [B, H, S, d]. */
function splitHeads(projected: Tensor, heads: number, maps: number): Tensor[] {
  const [batch, rows, columns] = projected.shape as [number, number, number];
  const width = columns / (maps * heads);
  if (maps === 1) return [projected.reshape([batch, rows, heads, width]).transpose([0, 2, 1, 3])]; // [B, H, S, d]
  const stacked = projected.reshape([batch, rows, maps, heads, width]).transpose([2, 0, 3, 1, 4]);
  return tf.unstack(stacked); // maps × [B, H, S, d]
}

/**
 * Several maps side by side, [B, S, in] → [B, S, maps · D]: one matrix product in place of several, so fewer and larger
 * operations, forward and backward. Not for few rows, where copying the matrices costs more than the products, nor for
 * matrices in 16 bit.
 */
export function projectMaps(layers: Weights[], rows: Tensor | NormedRows): Tensor {
  const normed = rows instanceof tf.Tensor ? undefined : rows;
  const x = normed ? normed.scaled : (rows as Tensor);
  if (layers.length === 1) return linear(layers[0], x);
  const matrices = layers.map((w) => w.matrix('weight'));
  const [fanOut, fanIn] = matrices[0].shape;
  if (x.size < fanOut * fanIn || matrices.some((matrix) => matrix instanceof HalfTensor)) {
    return tf.concat(
      layers.map((w) => linear(w, x)),
      2,
    );
  }
  const bias = layers[0].has('bias')
    ? tf.concat(
        layers.map((w) => w.get('bias')),
        0,
      )
    : undefined;
  const matrix = tf.concat(matrices as Tensor[], 0);
  return normed && bias ? normedLinear(normed, matrix, bias) : multiply(x, matrix, bias);
}

/**
 * softmax(q kᵀ / √d + bias) v, with the heads joined again.
 *
 * @param query [B, H, queries, d]
 * @param memory keys and values [B, H, keys, d]
 * @param options.bias added to the scores; broadcasts to [B, H, queries, keys]
 * @param options.dropout of the probabilities; none without `options.rng`
 */
export function multiHeadAttention(
  query: Tensor,
  memory: KeyValues,
  options: AttentionOptions = {},
): AttentionOutput {
  const { key, value } = memory;
  if (isContextAlone(options)) {
    return {
      context: joinHeads(attentionContext(query, key, value, options)),
      probabilities: () => attention(query, key, value, options).probabilities,
    };
  }
  const { context, probabilities } = attention(query, key, value, options);
  return { context: joinHeads(context.transpose([0, 2, 1, 3])), probabilities: () => probabilities };
}

/**
 * Attention of rows to one another, of which the context alone is wanted.
 *
 * @param projected query, key and value of all heads side by side: [B, S, 3D]
 * @returns [B, S, D]
 */
export function selfAttention(projected: Tensor, heads: number, options: AttentionOptions = {}): Tensor {
  if (isContextAlone(options)) {
    const all = showHeads(projected, heads, 3);
    return joinHeads(attentionContext(all, all, all, options));
  }
  const [query, key, value] = splitHeads(projected, heads, 3);
  return multiHeadAttention(query, { key, value }, options).context;
}

/**
 * Attention of rows to others, of which the context alone is wanted.
 *
 * @param query [B, queries, D]
 * @param memory key and value of all heads side by side: [B, keys, 2D]
 * @returns [B, queries, D]
 */
export function rowAttention(
  query: Tensor,
  memory: Tensor,
  heads: number,
  options: AttentionOptions = {},
): Tensor {
  if (isContextAlone(options)) {
    const both = showHeads(memory, heads, 2);
    return joinHeads(attentionContext(showHeads(query, heads, 1), both, both, options));
  }
  const [[asking], [key, value]] = [splitHeads(query, heads, 1), splitHeads(memory, heads, 2)];
  return multiHeadAttention(asking, { key, value }, options).context;
}

/** [B, S, maps · D] → [B, S, maps, H, d] */
function showHeads(x: Tensor, heads: number, maps: number): Tensor {
  const [batch, rows, columns] = x.shape as [number, number, number];
  return x.reshape([batch, rows, maps, heads, columns / (maps * heads)]);
}

/** [B, S, H, d] → [B, S, D] */
function joinHeads(x: Tensor): Tensor {
  const [batch, rows, heads, width] = x.shape;
  return x.reshape([batch, rows, heads * width]);
}

/** Memory of rows that came before, then of these: [B, H, past + S, d]. */
export function extendMemory(past: KeyValues, present: KeyValues): KeyValues {
  return {
    key: tf.concat([past.key, present.key], 2),
    value: tf.concat([past.value, present.value], 2),
  };
}
