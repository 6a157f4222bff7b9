/**
 * Attention of tokens that come one at a time: each new row looks at memory that was computed before.
 * B prompts, K beams, R = B · K rows, H heads, N columns, d = width of a head.
 */
import {
  incrementalContext,
  isContextAlone,
  matmul,
  putSlice,
  softmax,
  tf,
  type MemoryParts,
  type Tensor,
} from '../runtime';
import type { KeyValues } from './attention';

/**
 * softmax(scale · q kᵀ + bias) v over all parts' columns together.
 *
 * @param query [R, H, 1, d]
 * @returns [R, 1, H · d]
 */
export function incrementalAttention(query: Tensor, parts: MemoryParts, scale: number): Tensor {
  const [rows, heads, , width] = query.shape as [number, number, number, number];
  const context = isContextAlone() ? incrementalContext(query, parts, scale) : composed(query, parts, scale);
  return context.reshape([rows, 1, heads * width]);
}

/** The same of single operations: [R, H, 1, d]. */
function composed(query: Tensor, parts: MemoryParts, scale: number): Tensor {
  const rows = query.shape[0];
  const scaled = scale === 1 ? query : query.mul(scale);
  const scores = parts.map(({ memory, bias }) => {
    const beams = rows / memory.key.shape[0];
    const part = matmul(gatherBeams(scaled, beams), memory.key, { transposeB: true }); // [B, H, K, N]
    return scatterBeams(bias ? part.add(bias) : part, beams); // [R, H, 1, N]
  });
  const probabilities = softmax(scores.length === 1 ? scores[0] : tf.concat(scores, 3));
  const sizes = parts.map(({ memory }) => memory.key.shape[2]!);
  const shares = parts.length === 1 ? [probabilities] : tf.split(probabilities, sizes, 3);
  const contexts = parts.map(({ memory }, i) => {
    const beams = rows / memory.value.shape[0];
    return scatterBeams(matmul(gatherBeams(shares[i], beams), memory.value), beams); // [R, H, 1, d]
  });
  return contexts.length === 1 ? contexts[0] : tf.addN(contexts);
}

/** The rows of one prompt side by side: [B · K, H, 1, n] → [B, H, K, n]. */
function gatherBeams(x: Tensor, beams: number): Tensor {
  const [rows, heads, , width] = x.shape as [number, number, number, number];
  return beams === 1 ? x : x.reshape([rows / beams, beams, heads, width]).transpose([0, 2, 1, 3]);
}

/** [B, H, K, n] → [B · K, H, 1, n] */
function scatterBeams(x: Tensor, beams: number): Tensor {
  const [batch, heads, , width] = x.shape as [number, number, number, number];
  return beams === 1 ? x : x.transpose([0, 2, 1, 3]).reshape([batch * beams, heads, 1, width]);
}

/** The cache with the new token's keys and values [R, H, 1, d] at `position` (int32 scalar): [R, H, N, d]. */
export function writeAt(cache: KeyValues, token: KeyValues, position: Tensor): KeyValues {
  return {
    key: putSlice(cache.key, token.key, 2, position),
    value: putSlice(cache.value, token.value, 2, position),
  };
}

/** Room for `room` tokens: zeros [rows, H, N, d]. */
export function emptyCache(rows: number, heads: number, room: number, width: number): KeyValues {
  const empty = () => tf.zeros([rows, heads, room, width]);
  return { key: empty(), value: empty() };
}

/** Bias [1, 1, 1, N] that hides the columns after `position` (int32 scalar). */
export function upTo(position: Tensor, room: number): Tensor {
  const later = tf.greater(tf.range(0, room, 1, 'int32'), position);
  return later.toFloat().mul(HIDDEN).reshape([1, 1, 1, room]);
}

/** Bias [B, 1, 1, N] that hides padding; mask int32 [B, N]. */
export function paddingBias(mask: Tensor): Tensor {
  const [batch, columns] = mask.shape as [number, number];
  return tf.sub(1, mask.toFloat()).mul(HIDDEN).reshape([batch, 1, 1, columns]);
}

/** Far below any score, and finite: a row that may look nowhere stays a number. */
export const HIDDEN = -1e9;
