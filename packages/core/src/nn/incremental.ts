/**
 * Attention of tokens that come one at a time: each new row looks at what was read and written before.
 * B prompts, K beams, R = B · K rows, H heads, P columns that were read, N slots, d = width of a head.
 */
import {
  emptySlots,
  gatherRows,
  incrementalContext,
  isContextAlone,
  matmul,
  putSlot,
  softmax,
  tf,
  type Memories,
  type ReadMemory,
  type Tensor,
  type WrittenMemory,
} from '../runtime';
import type { KeyValues } from './attention';

/** Keys and values that come token by token, in slots: [N, R, H, d] each. (An interface would be no TensorTree.) */
export type Slots = {
  key: Tensor;
  value: Tensor;
};

/**
 * softmax(scale · q kᵀ + bias) v over all columns together.
 *
 * @param query [R, H, 1, d]
 * @returns [R, 1, H · d]
 */
export function incrementalAttention(query: Tensor, memories: Memories, scale: number): Tensor {
  const [rows, heads, , width] = query.shape as [number, number, number, number];
  const attend = isContextAlone() ? incrementalContext : composed;
  return attend(query, memories, scale).reshape([rows, 1, heads * width]);
}

/** The same of single operations: [R, H, 1, d]. */
function composed(query: Tensor, { read, written }: Memories, scale: number): Tensor {
  const rows = query.shape[0];
  const parts = written ? [read, asRead(written)] : [read];
  const scaled = scale === 1 ? query : query.mul(scale);
  const scores = parts.map(({ key, bias }) => {
    const beams = rows / key.shape[0];
    const part = matmul(gatherBeams(scaled, beams), key, { transposeB: true }); // [B, H, K, P]
    return scatterBeams(bias ? part.add(bias) : part, beams); // [R, H, 1, P]
  });
  const probabilities = softmax(scores.length === 1 ? scores[0] : tf.concat(scores, 3));
  const sizes = parts.map(({ key }) => key.shape[2]!);
  const shares = parts.length === 1 ? [probabilities] : tf.split(probabilities, sizes, 3);
  const contexts = parts.map(({ value }, i) => {
    const beams = rows / value.shape[0];
    return scatterBeams(matmul(gatherBeams(shares[i], beams), value), beams); // [R, H, 1, d]
  });
  return contexts.length === 1 ? contexts[0] : tf.addN(contexts);
}

/** What each row wrote or goes on from, as if it had been read: keys and values [R, H, N, d], later slots hidden. */
function asRead({ key, value, position, origins, bias }: WrittenMemory): ReadMemory {
  const [slots, rows, heads, width] = key.shape as [number, number, number, number];
  const numbered = (count: number) => tf.range(0, count, 1, 'int32');
  const times = (x: Tensor, factor: number) => x.mul(tf.scalar(factor, 'int32'));
  const ofRows = (written: Tensor): Tensor => {
    if (!origins) return written.transpose([1, 2, 0, 3]);
    const ofSlots = times(times(numbered(slots), rows).add(origins), heads).expandDims(1); // [R, 1, N]
    const places = ofSlots.add(numbered(heads).expandDims(1)); // [R, H, N]
    return gatherRows(written.reshape([slots * rows * heads, width]), places);
  };
  const isLater = tf.greater(numbered(slots), position);
  const future = isLater.toFloat().mul(HIDDEN).reshape([1, 1, 1, slots]);
  return { key: ofRows(key), value: ofRows(value), bias: bias ? bias.add(future) : future };
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

/** Room for N tokens of R rows, of one block. */
export function emptyCache(room: number, rows: number, heads: number, width: number): Slots {
  const empty = () => emptySlots([room, rows, heads, width]);
  return { key: empty(), value: empty() };
}

/** The cache with the new token's keys and values [R, H, 1, d], in the same memory. */
export function writeAt(cache: Slots, token: KeyValues, position: Tensor): Slots {
  return {
    key: putSlot(cache.key, token.key, position),
    value: putSlot(cache.value, token.value, position),
  };
}

/** Bias [B, 1, 1, N] that hides padding; mask int32 [B, N]. */
export function paddingBias(mask: Tensor): Tensor {
  const [batch, columns] = mask.shape as [number, number];
  return tf.sub(1, mask.toFloat()).mul(HIDDEN).reshape([batch, 1, 1, columns]);
}

/** Far below any score, and finite: a row that may look nowhere stays a number. */
export const HIDDEN = -1e9;
