/**
 * Image-text contrastive loss (BLIP-2 section 3.1; LAVIS's blip2_qformer.py) over the pairs of a batch: row b of the
 * images belongs to row b of the texts.
 * B batch, Q queries, E width of the projections.
 */
import { linear, softmaxCrossEntropy, stopGradient, tf, type Tensor } from '../runtime';

export const LABEL_SMOOTHING = 0.1;

export interface ContrastiveOptions {
  /**
   * What LAVIS gathers from all workers carries no gradient: in image→text only the images learn, in text→image
   * only the texts (`stopped`, the default). `attached`: both sides learn in both directions.
   */
  gathered?: 'stopped' | 'attached';
  /** int32 [B]; pairs with an equal id are all positives, and share the target (COCO fine-tuning). */
  imageIds?: Tensor;
}

export interface Contrastive {
  loss: Tensor;
  /** Similarities over the temperature, [B, B]: row an image, column a text. */
  imageToText: Tensor;
  /** [B, B]: row a text, column an image. */
  textToImage: Tensor;
}

/**
 * The mean of both directions' cross-entropy, label smoothing 0.1. An image is as similar to a text as the best of
 * its queries.
 *
 * @param images unit vectors [B, Q, E]
 * @param texts unit vectors [B, E]
 * @param temperature scalar, divides the similarities
 */
export function imageTextContrastive(
  images: Tensor,
  texts: Tensor,
  temperature: Tensor,
  { gathered = 'stopped', imageIds }: ContrastiveOptions = {},
): Contrastive {
  const [all, stopped] =
    gathered === 'attached' ? [images, texts] : [stopGradient(images), stopGradient(texts)];
  const imageToText = tf.div(similarities(images, stopped), temperature);
  const textToImage = tf.div(tf.transpose(similarities(all, texts)), temperature);
  const crossEntropy = imageIds ? sharedTargets(imageIds) : ownTarget;
  const loss = tf.mul(tf.add(crossEntropy(imageToText), crossEntropy(textToImage)), 0.5);
  return { loss, imageToText, textToImage };
}

/** Cosines, the largest over the queries: images [B, Q, E], texts [N, E] → [B, N]. */
export function similarities(images: Tensor, texts: Tensor): Tensor {
  return tf.max(linear(images, texts), 1); // max over the queries of [B, Q, N]
}

/** Positives of each row, 1 or 0: its own pair, and with ids every pair of the same image. float32 [B, B] */
export function positives(batch: number, imageIds?: Tensor): Tensor {
  if (!imageIds) return tf.eye(batch);
  return tf.equal(imageIds.reshape([batch, 1]), imageIds.reshape([1, batch])).toFloat();
}

function ownTarget(logits: Tensor): Tensor {
  const labels = tf.range(0, logits.shape[0], 1, 'int32');
  return softmaxCrossEntropy(logits, labels, { labelSmoothing: LABEL_SMOOTHING });
}

function sharedTargets(imageIds: Tensor): (logits: Tensor) => Tensor {
  const batch = imageIds.shape[0];
  const equal = positives(batch, imageIds);
  const even = equal.div(equal.sum(1, true)); // rows sum to 1
  const targets = tf.add(tf.mul(even, 1 - LABEL_SMOOTHING), LABEL_SMOOTHING / batch); // [B, B]
  return (logits) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits as never), targets), 1)));
}
