/**
 * Image-text matching with hard negatives (BLIP-2 section 3.1; LAVIS's blip2_qformer.py).
 * B batch, b own rows of it (all of them with one worker).
 */
import { softmaxCrossEntropy, stopGradient, tf, type Rng, type Tensor } from '../runtime';
import { positives } from './contrastive';
import { partOfRows } from './parts';

/** LAVIS's logit of a positive; in float32 it is never drawn while there is a negative. */
const NEVER = -10_000;

/** Indices into the batch, 0 … B − 1, for each own row: int32 [b]. */
export interface Negatives {
  /** For each text an image that it does not describe. */
  images: Tensor;
  /** For each image a text that does not describe it. */
  texts: Tensor;
}

/**
 * Draws, for each text, one image and then, for each image, one text, with the softmax of their similarity as
 * probability: the more alike, the likelier.
 *
 * @param similarities what ITC's softmax sees, [b, B] each (`Contrastive`)
 * @param imageIds int32 [b]: pairs of the same image are no negatives of each other
 */
export function sampleHardNegatives(
  similarities: { imageToText: Tensor; textToImage: Tensor },
  rng: Rng,
  imageIds?: Tensor,
): Negatives {
  const batch = similarities.imageToText.shape[0];
  const isPositive = positives(batch, imageIds).toBool();
  const draw = (logits: Tensor) => rng.categorical(tf.where(isPositive, NEVER, stopGradient(logits)));
  return { images: draw(similarities.textToImage), texts: draw(similarities.imageToText) };
}

/**
 * The rows that ITM's 3b pairs are made of, int32 [3b]: pairs, negative images, negative texts. Own rows are the first;
 * what negatives of several workers are, see `withNegatives`.
 */
export function matchingPairs({ images, texts }: Negatives): { images: Tensor; texts: Tensor } {
  const own = tf.range(0, images.shape[0], 1, 'int32');
  return { images: tf.concat([own, images, own]), texts: tf.concat([own, own, texts]) };
}

/** Cross-entropy over the pairs of `matchingPairs`: logits [3b, 2], of which the first b match. */
export function imageTextMatching(logits: Tensor): Tensor {
  const pairs = logits.shape[0] / 3;
  const labels = tf.concat([tf.ones([pairs], 'int32'), tf.zeros([2 * pairs], 'int32')]);
  return partOfRows(softmaxCrossEntropy(logits, labels));
}
