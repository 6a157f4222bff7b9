/**
 * Where the queries of a model look in pictures of a split: as numbers to be measured, as bundles to be drawn or kept.
 * I images, T text tokens, H heads, Q queries, P patches.
 */
import { tf, type Tensor } from '../runtime';
import { cleanCaption, type Tokenizer } from '../text';
import type { Text } from '../models';
import { attentionBundle, type AttentionBundle } from '../attention';
import type { Features, ImageTextSplit } from '../data';
import { encodeTexts } from './captions';

/** Probabilities over patches, row-major [images, heads, queries, patches]. */
export interface CrossAttention {
  /** Number of the block. */
  layer: number;
  shape: number[];
  values: Float32Array;
}

/** Maps of the blocks that read images [I, H, Q, P], of features [I, P, W] and a text beside the queries, if there is one. */
export type Look = (features: Tensor, text?: Text) => Record<number, Tensor>;

export interface TextsBeside {
  texts: readonly string[];
  tokenizer: Tokenizer;
  /** Longest text in tokens. */
  maxLength: number;
}

/** Cross-attention of every query over chosen pictures: alone, or each with a text beside it. */
export function crossAttentionOf(
  look: Look,
  features: Features,
  indices: readonly number[],
  beside?: TextsBeside,
): CrossAttention[] {
  const maps = tf.tidy(() => {
    const images = tf.tensor(features.gather(indices), [indices.length, ...features.shape]);
    return look(images, beside && textTensors(beside));
  });
  const read = ([layer, map]: [string, Tensor]): CrossAttention => {
    const values = map.dataSync<'float32'>();
    map.dispose();
    return { layer: Number(layer), shape: map.shape.slice(), values };
  };
  return Object.entries(maps).map(read);
}

/** Ids and mask int32 [I, T]. */
function textTensors({ texts, tokenizer, maxLength }: TextsBeside): Text {
  const cleaned = texts.map((text) => cleanCaption(text));
  const { ids, mask, shape } = encodeTexts(cleaned, tokenizer, maxLength);
  return { ids: tf.tensor2d(ids, shape, 'int32'), mask: tf.tensor2d(mask, shape, 'int32') };
}

/** The same, a bundle for each picture. */
export function attentionBundles(
  split: ImageTextSplit,
  indices: readonly number[],
  layers: readonly CrossAttention[],
  texts?: readonly string[],
): Promise<AttentionBundle[]> {
  return Promise.all(
    indices.map((index, i) => {
      const maps = layers.map(({ layer, shape, values }) => {
        const size = values.length / indices.length;
        return { layer, shape: shape.slice(1), values: values.slice(i * size, (i + 1) * size) };
      });
      const { imageSize } = split;
      const image = { width: imageSize, height: imageSize, data: split.pixels(index) };
      return attentionBundle({ image, maps, text: texts?.[i] });
    }),
  );
}
