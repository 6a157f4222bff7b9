/**
 * The loss of BLIP's captioner (LAVIS's blip_caption.py; the label smoothing is in med.py).
 * B batch, T text tokens, V vocabulary.
 */
import { tf, type Tensor } from '../runtime';
import { imageGroundedGeneration } from './generation';

/**
 * Next-token loss of what follows the prompt, [SEP] included: mean over the judged tokens, label smoothing 0.1.
 *
 * @param logits position t judged by token t + 1, [B, T, V]
 * @param ids int32 [B, T]
 * @param mask 1 real, 0 padding, int32 [B, T]
 * @param promptLength tokens of the prompt that every text starts with, [DEC] included
 */
export function captioning(logits: Tensor, ids: Tensor, mask: Tensor, promptLength: number): Tensor {
  const [batch, length] = ids.shape as [number, number];
  const own = mask.slice([0, promptLength], [-1, -1]); // [B, T − promptLength]
  const isJudged = tf.concat([tf.zeros([batch, promptLength], 'int32'), own], 1);
  return imageGroundedGeneration(logits.slice([0, 0, 0], [-1, length - 1, -1]), ids, isJudged);
}
