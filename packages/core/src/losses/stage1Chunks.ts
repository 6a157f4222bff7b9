/**
 * The objective of stage 1 over a batch that is too large for one pass, in chunks (GradCache, Gao et al., 2021): ITC and
 * the choice of negatives see the whole batch, and so the sum over the chunks is the loss of `stage1Losses`, gradients and
 * random draws included.
 *
 * B batch, m rows of a chunk, Q queries, P patches, T text tokens, E width of the projections.
 */
import { tf, type Rng, type Tensor } from '../runtime';
import type { Weights } from '../nn';
import {
  concatImages,
  embedText,
  languageLogits,
  projectImage,
  projectText,
  readImage,
  type Blip2QformerConfig,
} from '../models';
import { imageTextContrastive } from './contrastive';
import { imageGroundedGeneration } from './generation';
import { imageTextMatching, sampleHardNegatives, type Negatives } from './matching';
import { matchingPass, unimodalPass, weightedSum, type Stage1Batch, type Stage1Weights } from './stage1';

/** What examples are compared by: unit vectors of images [·, Q, E] and texts [·, E]. (An interface would be no TensorTree.) */
export type Stage1Encoding = { images: Tensor; texts: Tensor };

/** What a chunk has to know of the whole batch. */
export type Stage1Notes = {
  /** With ITM: rows of the batch, int32 [B] each. */
  negatives?: Negatives;
  /** Tokens that ITG judges, a scalar. */
  tokens: Tensor;
};

/** What is the same for all chunks. */
export interface Stage1ChunkOptions {
  config: Blip2QformerConfig;
  weights: Stage1Weights;
  rng: Rng;
  /** See `imageTextContrastive`. */
  gathered?: 'stopped' | 'attached';
}

type Terms = { loss: Tensor; itc?: Tensor; itm?: Tensor; itg?: Tensor };

/** The encodings of a chunk; draws what `stage1ChunkLosses` draws first. */
export function encodeStage1Chunk(
  w: Weights,
  chunk: Stage1Batch,
  options: Stage1ChunkOptions,
): Stage1Encoding {
  return encodingOf(w, unimodal(w, chunk, options));
}

function unimodal(w: Weights, chunk: Stage1Batch, { config, weights, rng }: Stage1ChunkOptions) {
  const image = readImage(w, config, chunk.image);
  const pass = unimodalPass(w, config, image, chunk, weights.itg !== undefined, rng);
  return { image, ...pass };
}

const encodingOf = (w: Weights, pass: { queries: Tensor; text: Tensor }): Stage1Encoding => ({
  images: projectImage(w, pass.queries),
  texts: projectText(w, pass.text),
});

/** ITC over the whole batch; what ITM's pairs are to be. @param textMask int32 [B, T] */
export function compareStage1Chunks(
  w: Weights,
  { images, texts }: Stage1Encoding,
  textMask: Tensor,
  {
    weights,
    rng,
    gathered,
    imageIds,
  }: Pick<Stage1ChunkOptions, 'weights' | 'rng' | 'gathered'> & Pick<Stage1Batch, 'imageIds'>,
): { losses: Terms; notes: Stage1Notes } {
  const contrastive = imageTextContrastive(images, texts, w.get('temp'), { gathered, imageIds });
  const terms = weights.itc === undefined ? {} : { itc: contrastive.loss };
  const notes: Stage1Notes = { tokens: judged(textMask) };
  if (weights.itm !== undefined) notes.negatives = sampleHardNegatives(contrastive, rng, imageIds);
  const loss = weights.itc === undefined ? tf.scalar(0) : weightedSum(terms, weights);
  return { losses: { loss, ...terms }, notes };
}

/** Numbers that `compareStage1Chunks` draws between a chunk's two passes: one for images, one for texts. */
const DRAWS_OF_NEGATIVES = 2;

/** All tokens but the first are judged, where they are real. */
const judged = (textMask: Tensor): Tensor => tf.sum(textMask.slice([0, 1], [-1, -1])).toFloat();

/**
 * A chunk's encodings again, and its part of ITM and ITG.
 *
 * @param others what its texts are wrongly paired with, and its images: features [m, P, W], ids and mask int32 [m, T]
 * @param share m / B
 */
export function stage1ChunkLosses(
  w: Weights,
  chunk: Stage1Batch,
  others: Stage1Batch | undefined,
  { tokens, share }: { tokens: Tensor; share: number },
  options: Stage1ChunkOptions,
): { encoded: Stage1Encoding; losses: Terms } {
  const { config, weights, rng } = options;
  const pass = unimodal(w, chunk, options);
  const terms: Omit<Terms, 'loss'> = {};
  if (others) {
    rng.skip(DRAWS_OF_NEGATIVES);
    const rows = {
      image: concatImages(pass.image, readImage(w, config, others.image)),
      embedded: tf.concat([pass.embedded, embedText(w, others.textIds)], 0),
      textMask: tf.concat([chunk.textMask, others.textMask], 0),
    };
    const size = chunk.textIds.shape[0];
    const behind = tf.range(size, 2 * size, 1, 'int32');
    const logits = matchingPass(w, config, { rows, negatives: { images: behind, texts: behind } }, rng);
    terms.itm = tf.mul(imageTextMatching(logits), share);
  }
  if (pass.decoded) {
    const states = pass.decoded.slice([0, 0, 0], [-1, chunk.textIds.shape[1]! - 1, -1]);
    const own = imageGroundedGeneration(languageLogits(w, config, states), chunk.textIds, chunk.textMask);
    terms.itg = tf.mul(own, tf.div(judged(chunk.textMask), tokens));
  }
  const loss = Object.keys(terms).length === 0 ? tf.scalar(0) : weightedSum(terms, weights);
  return { encoded: encodingOf(w, pass), losses: { loss, ...terms } };
}
