/**
 * What a decoder-only model makes of a mask: positions that pass over padding, and who sees whom.
 * B batch, S rows of a sequence.
 */
import { tf, type Tensor } from '../runtime';
import { HIDDEN, paddingBias } from './incremental';

/** Each real row's number among the real ones, from 0; −1 on padding. mask int32 [B, S] → int32 [B, S]. */
export function realPositions(mask: Tensor): Tensor {
  return tf.cumsum(mask, 1).mul(mask).sub(tf.scalar(1, 'int32'));
}

/** The place of each sequence's last real row: mask int32 [B, S] → int32 [B]. */
export function lastReal(mask: Tensor): Tensor {
  return tf.max(tf.mul(mask, tf.range(0, mask.shape[1]!, 1, 'int32')), 1);
}

/** Bias [B, 1, S, S] for scores: a row sees itself and the real rows before it. mask int32 [B, S]. */
export function causalBias(mask: Tensor): Tensor {
  const places = tf.range(0, mask.shape[1]!, 1, 'int32');
  const isLater = tf.greater(places, tf.expandDims(places, 1)); // [S, S]
  return tf.minimum(isLater.toFloat().mul(HIDDEN), paddingBias(mask));
}
