/**
 * Image-text contrastive loss (BLIP-2 section 3.1; LAVIS's blip2_qformer.py) over the pairs of a batch: row b of the
 * images belongs to row b of the texts. Each worker has b rows, and contrasts them with those of all.
 * B batch, b own rows of it (all of them with one worker), Q queries, E width of the projections.
 */
import { allGather, allGatherInts, linear, ownShare, softmaxCrossEntropy, tf, type Tensor } from '../runtime';
import { partOfRows } from './parts';

export const LABEL_SMOOTHING = 0.1;

export interface ContrastiveOptions {
  /**
   * What LAVIS gathers from all workers carries no gradient: in image→text only the images learn, in text→image
   * only the texts (`stopped`, the default). `attached`: both sides learn in both directions.
   */
  gathered?: 'stopped' | 'attached';
  /** int32 [b]; pairs with an equal id are all positives, and share the target (COCO fine-tuning). */
  imageIds?: Tensor;
}

export interface Contrastive {
  loss: Tensor;
  /** Similarities over the temperature, [b, B]: row an image, column a text. */
  imageToText: Tensor;
  /** [b, B]: row a text, column an image. */
  textToImage: Tensor;
}

/**
 * The mean of both directions' cross-entropy, label smoothing 0.1. An image is as similar to a text as the best of
 * its queries.
 *
 * @param images unit vectors [b, Q, E]
 * @param texts unit vectors [b, E]
 * @param temperature scalar, divides the similarities
 */
export function imageTextContrastive(
  images: Tensor,
  texts: Tensor,
  temperature: Tensor,
  { gathered = 'stopped', imageIds }: ContrastiveOptions = {},
): Contrastive {
  const allImages = allGather(images, gathered); // [B, Q, E]
  const allTexts = allGather(texts, gathered); // [B, E]
  const imageToText = tf.div(similarities(images, allTexts), temperature);
  const textToImage = tf.div(tf.transpose(similarities(allImages, texts)), temperature);
  const crossEntropy = imageIds ? sharedTargets(imageIds) : ownTarget;
  const loss = tf.mul(tf.add(crossEntropy(imageToText), crossEntropy(textToImage)), 0.5);
  return { loss: partOfRows(loss), imageToText, textToImage };
}

/** Cosines, the largest over the queries: images [B, Q, E], texts [N, E] → [B, N]. */
export function similarities(images: Tensor, texts: Tensor): Tensor {
  return tf.max(linear(images, texts), 1); // max over the queries of [B, Q, N]
}

/** Positives of each own row, 1 or 0: its own pair, and with ids every pair of the same image. float32 [b, B] */
export function positives(rows: number, imageIds: Tensor = ownNumbers(rows)): Tensor {
  const all = allGatherInts(imageIds); // [B]
  return tf.equal(imageIds.reshape([rows, 1]), all.reshape([1, -1])).toFloat();
}

/** Where own rows are in the batch, int32 [b]. */
export function ownNumbers(rows: number): Tensor {
  const first = ownShare().index * rows;
  return tf.range(first, first + rows, 1, 'int32');
}

function ownTarget(logits: Tensor): Tensor {
  return softmaxCrossEntropy(logits, ownNumbers(logits.shape[0]), { labelSmoothing: LABEL_SMOOTHING });
}

function sharedTargets(imageIds: Tensor): (logits: Tensor) => Tensor {
  const equal = positives(imageIds.shape[0], imageIds);
  const batch = equal.shape[1]!;
  const even = equal.div(equal.sum(1, true)); // rows sum to 1
  const targets = tf.add(tf.mul(even, 1 - LABEL_SMOOTHING), LABEL_SMOOTHING / batch); // [b, B]
  return (logits) => tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits as never), targets), 1)));
}
