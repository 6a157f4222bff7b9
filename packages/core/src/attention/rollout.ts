/**
 * Attention rollout (Abnar and Zuidema, "Quantifying Attention Flow in Transformers", 2020) through the Q-Former: what of
 * each patch has reached a query after all blocks, if attention were all that moves anything. Heads are averaged, and the
 * residual connection counts as half of what a layer passes on. Rollout is defined for self-attention; here cross-attention
 * is one more such layer, whose rows are the queries and whose columns are the patches.
 *
 * B batch, H heads, Q queries, T text tokens, S = Q + T rows, P patches, class token included.
 */
import { matmul, tf, type Tensor } from '../runtime';
import type { QformerOutput } from '../models';

const half = (a: Tensor, b: Tensor): Tensor => a.add(b).mul(0.5);

/**
 * Shares of the patches in what reached each query from the picture: they add up to 1.
 * @param output of a pass of queries, with or without text beside them
 * @returns [B, Q, P]
 */
export function attentionRollout({
  selfAttentions,
  crossAttentions,
}: Pick<QformerOutput, 'selfAttentions' | 'crossAttentions'>): Tensor {
  const [batch, , queries, patches] = Object.values(crossAttentions)[0].shape as number[];
  const text = selfAttentions[0].shape[2]! - queries;
  // What of the picture each row has by now [B, S, P]; text reads none but through the queries.
  let parts = [tf.zeros([batch, queries, patches]), ...(text > 0 ? [tf.zeros([batch, text, patches])] : [])];
  selfAttentions.forEach((self, layer) => {
    const rows = tf.concat(parts, 1);
    const passed = half(rows, matmul(tf.mean(self, 1), rows));
    parts = text > 0 ? tf.split(passed, [queries, text], 1) : [passed];
    const cross = crossAttentions[layer] as Tensor | undefined;
    if (cross) parts = [half(parts[0], tf.mean(cross, 1)), ...parts.slice(1)];
  });
  const [reached] = parts;
  return reached.div(tf.sum(reached, -1, true));
}
