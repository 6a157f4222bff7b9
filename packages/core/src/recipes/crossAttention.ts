/**
 * Where the queries of a model look in pictures of a split: as numbers to be measured, as bundles to be drawn or kept.
 * I images, H heads, Q queries, P patches.
 */
import { attentionBundle, type AttentionBundle, type AttentionSource } from '../attention';
import type { ImageTextSplit } from '../data';

/** Probabilities over patches, row-major [images, heads, queries, patches]. */
export interface CrossAttention {
  /** Number of the block. */
  layer: number;
  shape: readonly number[];
  values: Float32Array;
}

/** A bundle for each picture. @param recorded `recorded[i]` of picture `indices[i]` */
export function attentionBundles(
  split: ImageTextSplit,
  indices: readonly number[],
  recorded: readonly Omit<AttentionSource, 'image'>[],
): Promise<AttentionBundle[]> {
  const { imageSize } = split;
  return Promise.all(
    indices.map((index, i) => {
      const image = { width: imageSize, height: imageSize, data: split.pixels(index) };
      return attentionBundle({ ...recorded[i], image });
    }),
  );
}
