/**
 * What a worker computes of a loss is a part of it, so that the parts of all workers add up to what one worker would have:
 * losses, and with them gradients, are summed over the workers.
 */
import { allReduce, ownShare, tf, type Tensor } from '../runtime';

/** Of a mean over own rows: all workers have equally many. */
export function partOfRows(mean: Tensor): Tensor {
  const { count } = ownShare();
  return count === 1 ? mean : tf.div(mean, count);
}

/** Of a mean over own tokens, of which a worker may have more than another. `judged`: int32, 1 for each that counts. */
export function partOfTokens(mean: Tensor, judged: Tensor): Tensor {
  if (ownShare().count === 1) return mean;
  const own = tf.cast(tf.sum(judged), 'float32');
  return tf.mul(mean, tf.div(own, tf.maximum(allReduce(own), 1)));
}
