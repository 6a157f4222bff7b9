/**
 * The filter of CapFilt: CLIP (Radford et al., 2021) says how well each caption fits its picture.
 * B pictures, S image side, N texts that differ, T tokens, E width of the projections.
 */
import { compile, computeValues, tf, type Tensor } from '../runtime';
import type { Tokenizer } from '../text';
import { CLIP } from '../models';
import { loadTower, type TowerOptions } from './tower';

/** Ranks captions. */
export interface Ranker {
  /** S */
  readonly imageSize: number;
  /** Equal hashes, equal scores. */
  readonly hash: string;
  /**
   * Cosine of each text and its picture.
   * @param pixels normalised, [B, S, S, 3]
   * @param texts those of each picture
   */
  scores(pixels: Float32Array, texts: readonly (readonly string[])[]): number[][];
  /** Frees weights and compiled functions. */
  dispose(): void;
}

/** Texts per call: few sizes are compiled, and little is computed for nothing. */
const TEXTS = 64;
/** Texts are padded to a multiple of this. */
const LENGTH_STEP = 4;

/** @throws Blip2Error if the folder holds no CLIP, or not all of it */
export function loadRanker(dir: string, options: TowerOptions = {}): Ranker {
  const { model, config, weights, tokenizer, hash, dispose } = loadTower(dir, CLIP, 'CLIP', options);
  const { imageSize } = config.vision;
  const encodeImages = compile((pixels: Tensor) => model.image(weights, pixels), { name: 'clipImages' });
  const encodeTexts = compile((ids: Tensor) => model.text(weights, ids), { name: 'clipTexts' });

  /** Unit vectors [B, E]. */
  function imageVectors(pixels: Float32Array): Float32Array {
    const count = pixels.length / (imageSize * imageSize * 3);
    return computeValues(() => encodeImages(tf.tensor4d(pixels, [count, imageSize, imageSize, 3])));
  }

  /** Unit vectors [N, E] of texts, all of one length. */
  function textVectors(texts: readonly string[]): Float32Array {
    const {
      ids,
      shape: [, length],
    } = encodeAll(tokenizer, texts, config.text.maxPositionEmbeddings);
    return computeValues(() => {
      const parts: Tensor[] = [];
      for (let start = 0; start < texts.length; start += TEXTS) {
        const rows = ids.subarray(start * length, (start + TEXTS) * length);
        parts.push(encodeTexts(tf.tensor2d(rows, [TEXTS, length], 'int32')));
      }
      return tf.concat(parts, 0);
    });
  }

  return {
    imageSize,
    hash: hash(),
    scores(pixels, texts) {
      // Samples of a picture are often alike, and so are those of different ones.
      const rows = new Map([...new Set(texts.flat())].map((text, row) => [text, row]));
      if (rows.size === 0) return texts.map(() => []);
      const [images, vectors] = [imageVectors(pixels), textVectors([...rows.keys()])];
      const width = config.projectionDim;
      return texts.map((list, b) => list.map((text) => dot(images, b, vectors, rows.get(text)!, width)));
    },
    dispose() {
      encodeImages.dispose();
      encodeTexts.dispose();
      dispose();
    },
  };
}

/** Ids of texts as CLIP reads them, filled up to whole calls with the first one. */
function encodeAll(tokenizer: Tokenizer, texts: readonly string[], maxLength: number) {
  const longest = Math.max(...texts.map((text) => tokenizer.encode(text).length));
  const length = Math.min(Math.ceil(longest / LENGTH_STEP) * LENGTH_STEP, maxLength);
  const whole = Math.ceil(texts.length / TEXTS) * TEXTS;
  const filled = [...texts, ...Array.from({ length: whole - texts.length }, () => texts[0])];
  return tokenizer.encodeBatch(filled, { maxLength: length });
}

/** Product of row a of one table and row b of the other. */
function dot(x: Float32Array, a: number, y: Float32Array, b: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += x[a * width + i] * y[b * width + i];
  return sum;
}
