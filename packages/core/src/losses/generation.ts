/**
 * Image-grounded text generation: next-token loss (BLIP-2 section 3.1; the label smoothing is in the language head of
 * LAVIS's Qformer.py).
 * B batch, T text tokens, V vocabulary.
 */
import { IGNORED, softmaxCrossEntropy, tf, type Tensor } from '../runtime';
import { LABEL_SMOOTHING } from './contrastive';
import { partOfTokens } from './parts';

/**
 * Row t of the logits is judged by token t + 1; padding is not judged. The first token, [DEC], is never a target.
 * Mean over the judged tokens, label smoothing 0.1.
 *
 * @param logits of the tokens but the last, [B, T − 1, V]
 * @param ids int32 [B, T]
 * @param mask 1 real, 0 padding, int32 [B, T]
 */
export function imageGroundedGeneration(logits: Tensor, ids: Tensor, mask: Tensor): Tensor {
  const [, steps, vocabulary] = logits.shape as [number, number, number];
  const next = (x: Tensor) => x.slice([0, 1], [-1, steps]).reshape([-1]); // [B · (T − 1)]
  const judged = next(mask);
  const labels = tf.where(judged.toBool(), next(ids), tf.scalar(IGNORED, 'int32'));
  const options = { labelSmoothing: LABEL_SMOOTHING };
  return partOfTokens(softmaxCrossEntropy(logits.reshape([-1, vocabulary]), labels, options), judged);
}
