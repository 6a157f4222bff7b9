/**
 * Hard negatives of other workers: pictures and texts of the rows that were drawn, fetched to where they are needed.
 * B batch, b own rows of it, P patches, T text tokens, D width, W width of the image.
 */
import { allGather, allGatherInts, gatherRows, ownShare, tf, type Tensor } from '../runtime';
import { takeBatch, type Weights } from '../nn';
import { concatImages, embedText, readImage, type Blip2QformerConfig, type ImageMemory } from '../models';
import type { Negatives } from './matching';

/** Rows that ITM's pairs are chosen from. */
export interface Rows {
  /** Keys and values of the images. */
  image: ImageMemory;
  /** Words and positions [·, T, D]. */
  embedded: Tensor;
  /** int32 [·, T] */
  textMask: Tensor;
}

/**
 * Own rows with the negatives behind them, and where among them the negatives are. With one worker they are among the own
 * rows already.
 *
 * @param batch features [b, P, W] and texts of the own rows
 * @param negatives rows of the whole batch
 */
export function withNegatives(
  w: Weights,
  config: Blip2QformerConfig,
  batch: { image: Tensor; textIds: Tensor; textMask: Tensor },
  own: Rows,
  negatives: Negatives,
): { rows: Rows; negatives: Negatives } {
  if (ownShare().count === 1) return { rows: own, negatives };
  // As LAVIS does: what is trained in front of the Q-Former learns from the pictures that others have chosen, too.
  const images = takeBatch(allGather(batch.image, 'attached'), negatives.images); // [b, P, W]
  const [ids, mask] = [batch.textIds, batch.textMask].map((x) =>
    gatherRows(allGatherInts(x), negatives.texts),
  );
  const count = batch.image.shape[0];
  const behind = tf.range(count, 2 * count, 1, 'int32');
  return {
    rows: {
      image: concatImages(own.image, readImage(w, config, images)),
      embedded: tf.concat([own.embedded, embedText(w, ids)], 0),
      textMask: tf.concat([own.textMask, mask], 0),
    },
    negatives: { images: behind, texts: behind },
  };
}
