/**
 * The objective of stage 1: ITC + ITM + ITG from two passes of the Q-Former. LAVIS makes four: images, texts, pairs,
 * captions. Here images, texts and captions are one pass under a block mask, and both passes read the same keys and
 * values of the images.
 *
 * With several workers each computes its own rows: its part of every loss, of which the sum over the workers is the loss.
 *
 * B rows: of the batch, or those of this worker; Q queries, P patches, T text tokens, D width, W width of the image,
 * E width of the projections.
 */
import { Blip2Error, gatherRows, tf, type Rng, type Tensor } from '../runtime';
import { takeBatch, type Weights } from '../nn';
import {
  bidirectionalMask,
  contrastiveAndCausalMask,
  decoderIds,
  embedText,
  imageTextMatchingLogits,
  languageLogits,
  projectImage,
  projectText,
  qformer,
  readImage,
  selectImages,
  uniModalMask,
  type Blip2QformerConfig,
  type ImageMemory,
} from '../models';
import { imageTextContrastive } from './contrastive';
import { imageGroundedGeneration } from './generation';
import { imageTextMatching, matchingPairs, sampleHardNegatives, type Negatives } from './matching';
import { withNegatives, type Rows } from './negatives';

export type Stage1Batch = {
  /** Features of the frozen ViT [B, P, W]. */
  image: Tensor;
  /** `[CLS] … [SEP]` and padding, int32 [B, T]. */
  textIds: Tensor;
  /** 1 real, 0 padding, int32 [B, T]. */
  textMask: Tensor;
  /** int32 [B]; for batches in which several captions of one image may meet. */
  imageIds?: Tensor;
};

/** The weight of each loss: a scalar tensor where it changes from step to step. What is absent is not computed. */
export type Stage1Weights = { itc?: Tensor | number; itm?: Tensor | number; itg?: Tensor | number };

export interface Stage1Options {
  /** Draws dropout, in training, and negatives. */
  rng?: Rng;
  /** With dropout; true by default. */
  training?: boolean;
  /** Negatives to use in place of drawn ones. */
  negatives?: Negatives;
  /** All three, 1 each, by default. */
  weights?: Stage1Weights;
  /** See `imageTextContrastive`. */
  gathered?: 'stopped' | 'attached';
}

/** What the losses were computed from: material for losses of one's own. */
export type Stage1Outputs = {
  /** Z: the queries after reading the image alone [B, Q, D]. */
  queries: Tensor;
  /** Unit vectors [B, Q, E]. */
  imageFeatures: Tensor;
  /** Unit vectors [B, E]. */
  textFeatures: Tensor;
  /** Of the images' pass: `[layer]` → [B, H, Q, P]. */
  crossAttentions: Record<number, Tensor>;
  /** With ITM: [3B, 2] (`matchingPairs`). */
  matchingLogits?: Tensor;
  /** With ITG: [B, T − 1, V]. */
  generationLogits?: Tensor;
};

export type Stage1Losses = {
  /** The weighted sum. */
  loss: Tensor;
  itc?: Tensor;
  itm?: Tensor;
  itg?: Tensor;
  outputs: Stage1Outputs;
};

/** @throws Blip2Error if negatives are to be drawn without an rng */
export function stage1Losses(
  w: Weights,
  config: Blip2QformerConfig,
  batch: Stage1Batch,
  options: Stage1Options = {},
): Stage1Losses {
  const { training = true, weights = { itc: 1, itm: 1, itg: 1 } } = options;
  const rng = training ? options.rng : undefined;
  const image = readImage(w, config, batch.image);
  const pass = unimodalPass(w, config, image, batch, weights.itg !== undefined, rng);

  const outputs: Stage1Outputs = {
    queries: pass.queries,
    imageFeatures: projectImage(w, pass.queries), // [B, Q, E]
    textFeatures: projectText(w, pass.text), // [B, E]
    crossAttentions: pass.crossAttentions,
  };
  const losses: Pick<Stage1Losses, 'itc' | 'itm' | 'itg'> = {};

  const { imageFeatures, textFeatures } = outputs;
  const contrastive = imageTextContrastive(imageFeatures, textFeatures, w.get('temp'), {
    gathered: options.gathered,
    imageIds: batch.imageIds,
  });
  if (weights.itc !== undefined) losses.itc = contrastive.loss;

  if (weights.itm !== undefined) {
    const negatives =
      options.negatives ?? sampleHardNegatives(contrastive, required(options.rng), batch.imageIds);
    const own = { image, embedded: pass.embedded, textMask: batch.textMask };
    outputs.matchingLogits = matchingPass(w, config, withNegatives(w, config, batch, own, negatives), rng);
    losses.itm = imageTextMatching(outputs.matchingLogits);
  }

  if (pass.decoded) {
    const length = batch.textIds.shape[1]!;
    const states = pass.decoded.slice([0, 0, 0], [-1, length - 1, -1]); // the last token predicts nothing
    outputs.generationLogits = languageLogits(w, config, states); // [B, T − 1, V]
    losses.itg = imageGroundedGeneration(outputs.generationLogits, batch.textIds, batch.textMask);
  }
  return { loss: weightedSum(losses, weights), ...losses, outputs };
}

/** The queries over the image, the text alone, and (for ITG) the text as a decoder: [Q; T] or [Q; T; T] rows at once. */
export function unimodalPass(
  w: Weights,
  config: Blip2QformerConfig,
  image: ImageMemory,
  { textIds, textMask }: Stage1Batch,
  withDecoder: boolean,
  rng: Rng | undefined,
) {
  const queryCount = config.qformer.numQueryTokens;
  const input = { queries: w.get('query_tokens'), image, rng };
  if (!withDecoder) {
    const embedded = embedText(w, textIds); // [B, T, D]
    const mask = uniModalMask(queryCount, textMask);
    const { queries, text, crossAttentions } = qformer(w, config.qformer, { ...input, text: embedded, mask });
    return { queries: queries!, text: text!, embedded, crossAttentions };
  }
  // One look-up for both texts: the gradient of a look-up is as large as the whole vocabulary.
  const both = embedText(w, tf.concat([textIds, decoderIds(config, textIds)], 0)); // [2B, T, D]
  const [embedded, forDecoder] = tf.split(both, 2); // [B, T, D] each
  const rows = tf.concat([embedded, forDecoder], 1); // [B, 2T, D]
  const mask = contrastiveAndCausalMask(queryCount, textMask);
  const output = qformer(w, config.qformer, { ...input, text: rows, mask });
  const [text, decoded] = tf.split(output.text!, 2, 1); // [B, T, D] each
  return { queries: output.queries!, text, decoded, embedded, crossAttentions: output.crossAttentions };
}

/** Pairs, negative images, negative texts, each image with its text: ITM's logits [3B, 2]. */
export function matchingPass(
  w: Weights,
  config: Blip2QformerConfig,
  { rows, negatives }: { rows: Rows; negatives: Negatives },
  rng: Rng | undefined,
): Tensor {
  const { images, texts } = matchingPairs(negatives); // [3B] each
  const { queries } = qformer(w, config.qformer, {
    queries: w.get('query_tokens'),
    image: selectImages(rows.image, images),
    text: takeBatch(rows.embedded, texts), // [3B, T, D]
    mask: bidirectionalMask(config.qformer.numQueryTokens, gatherRows(rows.textMask, texts)),
    rng,
  });
  return imageTextMatchingLogits(w, queries!);
}

export function weightedSum(
  losses: Pick<Stage1Losses, 'itc' | 'itm' | 'itg'>,
  weights: Stage1Weights,
): Tensor {
  const names = ['itc', 'itm', 'itg'] as const;
  const terms = names.flatMap((name) => (losses[name] ? [tf.mul(losses[name], weights[name]!)] : []));
  return tf.addN(terms);
}

function required(rng: Rng | undefined): Rng {
  if (rng) return rng;
  throw new Blip2Error('Stage 1 needs an rng to draw hard negatives', {
    hint: 'Pass `rng`, or `negatives`.',
  });
}
