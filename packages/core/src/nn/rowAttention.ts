/**
 * Attention of few queries to many rows that come out of a LayerNorm, without the rows' keys and values.
 * B batch, Q queries, P rows, W width of the rows, H heads, d width of a head, D = H · d.
 */
import { dropout, matmul, softmax, type NormedRows, type Rng, type Tensor } from '../runtime';
import type { AttentionOutput } from './attention';
import type { Weights } from './weights';

/** Sizes that decide whether keys and values are worth making. */
export interface RowAttentionSizes {
  queries: number;
  rows: number;
  /** W */
  width: number;
  heads: number;
  /** d */
  headWidth: number;
}

/** Whether `attendRows` takes fewer multiplications than keys, values and attention to them. */
export function hasFewQueries({ queries, rows, width, heads, headWidth }: RowAttentionSizes): boolean {
  const inner = heads * headWidth;
  const withKeys = rows * inner * (width + queries);
  return queries * width * (heads * rows + inner) < withKeys;
}

/**
 * softmax(q kᵀ / √d) v, where k and v are linear layers of the rows x. A head's q · (Wₖ x)ᵀ is (q Wₖ) · xᵀ, and p · (x Wᵥᵀ)
 * is (p x) · Wᵥᵀ: the queries take the way through the matrices, not the rows. What a query's scores have in common
 * (the keys' bias, the norm's shift) does not matter to softmax. The norm's scale goes into the matrices, which are smaller
 * than what they are multiplied with.
 *
 * @param w the layers `key` and `value`
 * @param query [B, H, Q, d]
 * @param rows [B, P, W]
 * @returns context [B, Q, D] and probabilities [B, H, Q, P]
 */
export function attendRows(
  w: Weights,
  query: Tensor,
  { normal, gamma, beta }: NormedRows,
  options: { dropout: number; rng?: Rng },
): AttentionOutput {
  const [batch, heads, queries, width] = query.shape as [number, number, number, number];
  const [, patches, fanIn] = normal.shape as [number, number, number];
  const [key, value] = [w.scope('key'), w.scope('value')].map((layer) => layer.get('weight')); // [D, W]
  const ofHeads = (matrix: Tensor) => matrix.mul<Tensor>(gamma).reshape([heads, width, fanIn]);
  const byImage = (x: Tensor) =>
    swap(x.reshape([heads, batch, queries * fanIn])).reshape([batch, heads * queries, fanIn]);
  const byHead = (x: Tensor, size: number) =>
    swap(x.reshape([batch, heads, queries * size])).reshape([heads, batch * queries, size]);

  const question = byHead(query.mul(1 / Math.sqrt(width)), width); // [H, B · Q, d]
  const asked = byImage(matmul(question, ofHeads(key))); // [B, H · Q, W]
  const probabilities = softmax(matmul(asked, normal, { transposeB: true })) // [B, H · Q, P]
    .reshape([batch, heads, queries, patches]);
  const kept = dropout(probabilities, options.dropout, options.rng);
  const read = byHead(matmul(kept.reshape([batch, heads * queries, patches]), normal), fanIn); // [H, B · Q, W]
  const shift = matmul(value, beta.reshape([fanIn, 1]))
    .reshape([-1])
    .add(w.get('value.bias')); // [D]
  const share = byHead(kept.sum(-1, true), 1); // [H, B · Q, 1]: 1 without dropout
  const answers = matmul(read, ofHeads(value), { transposeB: true }).add(
    share.mul(shift.reshape([heads, 1, width])),
  ); // [H, B · Q, d]
  const context = answers.reshape([heads, batch, queries, width]).transpose([1, 2, 0, 3]);
  return { context: context.reshape([batch, queries, heads * width]), probabilities };
}

const swap = (x: Tensor): Tensor => x.transpose([1, 0, 2]);
