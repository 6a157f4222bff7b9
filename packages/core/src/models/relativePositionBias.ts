/**
 * T5's positions (Raffel et al., 2020, section 2.1; Hugging Face's T5Attention): each head adds a learned number to a
 * score, by the bucket that the distance from query to key falls into. Near distances have buckets of their own, far
 * ones share them, on a logarithmic scale.
 *
 * H heads, S rows and columns.
 */
import { gatherRows, tf, type Tensor } from '../runtime';
import { embed, type Weights } from '../nn';

export interface BucketOptions {
  numBuckets: number;
  /** From here on all distances share the last bucket. */
  maxDistance: number;
  /** Half of the buckets for keys after the query (encoders); otherwise those count as distance 0 (decoders). */
  bidirectional: boolean;
}

/** The bucket of a key at `offset` from its query (key's position − query's), in 0 … numBuckets − 1. */
export function relativePositionBucket(
  offset: number,
  { numBuckets, maxDistance, bidirectional }: BucketOptions,
): number {
  const size = bidirectional ? Math.floor(numBuckets / 2) : numBuckets;
  const start = bidirectional && offset > 0 ? size : 0;
  const distance = bidirectional ? Math.abs(offset) : Math.max(-offset, 0);
  const exact = Math.floor(size / 2);
  if (distance < exact) return start + distance;
  // In float32, as transformers: where the logarithm is a whole number, rounding decides.
  const { fround } = Math;
  const share = fround(fround(Math.log(fround(distance / exact))) / fround(Math.log(maxDistance / exact)));
  return start + Math.min(exact + Math.trunc(fround(share * (size - exact))), size - 1);
}

/**
 * Bias of S rows that see each other.
 *
 * @param w the layer `relative_attention_bias`, a table [numBuckets, H]
 * @returns [1, H, S, S]
 */
export function relativePositionBias(w: Weights, options: BucketOptions, length: number): Tensor {
  const positions = Array.from({ length }, (_, i) => i);
  const buckets = positions.map((query) =>
    positions.map((key) => relativePositionBucket(key - query, options)),
  );
  const bias = embed(w, tf.tensor2d(buckets, [length, length], 'int32')); // [S, S, H]
  return bias.transpose([2, 0, 1]).expandDims(0);
}

/**
 * Bias of one row over columns of which its own is `position` (int32 scalar), and those after it are not there yet.
 *
 * @returns [1, H, 1, length]
 */
export function relativePositionBiasAt(
  w: Weights,
  options: BucketOptions,
  position: Tensor,
  length: number,
): Tensor {
  const buckets = Array.from({ length }, (_, distance) => relativePositionBucket(-distance, options));
  const distances = tf.maximum(tf.sub(position, tf.range(0, length, 1, 'int32')), tf.scalar(0, 'int32'));
  const bias = embed(w, gatherRows(tf.tensor1d(buckets, 'int32'), distances)); // [length, H]
  return bias.transpose().reshape([1, -1, 1, length]);
}
