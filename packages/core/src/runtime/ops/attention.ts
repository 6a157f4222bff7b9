/** Scaled dot-product attention: softmax(q kᵀ / √d + bias) v. */
import type { Rng } from '../random';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';
import { dropout } from './dropout';
import { matmul } from './linear';

/** Softmax over the last axis. */
export function softmax(x: Tensor): Tensor {
  return customGradient([x], ([input], save) => {
    const p = tf.softmax(input);
    save([p]);
    return {
      value: p,
      gradients: (dy, [y]) => {
        const weighted = tf.mul(dy, y);
        return [tf.sub(weighted, tf.mul(y, tf.sum(weighted, -1, true)))];
      },
    };
  });
}

export interface AttentionOptions {
  /** Added to the scores; broadcastable to [B, H, Sq, Sk]: 0 where a row may attend, −10,000 where not. */
  bias?: Tensor;
  /** Dropout of the probabilities. */
  dropout?: number;
  rng?: Rng;
  /** Multiplies q kᵀ; 1/√d by default. */
  scale?: number;
}

export interface Attention {
  /** [B, H, Sq, d] */
  context: Tensor;
  /** [B, H, Sq, Sk], before dropout; gradients flow through it. */
  probabilities: Tensor;
}

/**
 * @param q [B, H, Sq, d]
 * @param k [B, H, Sk, d]
 * @param v [B, H, Sk, d]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Attention {
  const { scale = 1 / Math.sqrt(q.shape[3] as number) } = options;
  const scores = matmul(scale === 1 ? q : tf.mul(q, scale), k, { transposeB: true }); // [B, H, Sq, Sk]
  const probabilities = softmax(options.bias ? tf.add(scores, options.bias) : scores);
  const kept = dropout(probabilities, options.dropout ?? 0, options.rng);
  return { context: matmul(kept, v), probabilities };
}
