/** One pass of a folder's BLIP-2 that scores pairs, uncompiled: what its attention is compared with. */
import { fromPretrained } from '../../packages/core/src/checkpoints';
import type { RawImage } from '../../packages/core/src/image';
import { processImages, readImageProcessor } from '../../packages/core/src/inference';
import {
  BLIP2_RETRIEVAL,
  encodeImage,
  encodePair,
  readImage,
  type QformerOutput,
} from '../../packages/core/src/models';
import { Tokenizer } from '../../packages/core/src/text';
import { tf } from '../../packages/core/src/runtime';

/** @param text beside the queries, or none */
export async function retrievalPass(dir: string, picture: RawImage, text?: string): Promise<QformerOutput> {
  const { model, weights } = fromPretrained(dir, BLIP2_RETRIEVAL);
  const processor = readImageProcessor(dir, model.vision.imageSize);
  const pixels = await processImages(processor, [picture]);
  const { size } = processor;
  const features = model.vision.features(weights, tf.tensor4d(pixels, [1, size, size, 3]));
  const image = readImage(weights, model.config, features);
  if (text === undefined) return encodeImage(weights, model.config, image);
  const ids = Array.from(Tokenizer.fromFolder(dir).encode(text));
  const row = tf.tensor2d([ids], undefined, 'int32');
  return encodePair(weights, model.config, image, { ids: row, mask: tf.onesLike(row) });
}
