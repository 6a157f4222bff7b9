/**
 * The model of stage 1 (LAVIS's blip2_qformer.py): image tokens of a frozen ViT → `ln_vision` → Q-Former, with the
 * projections of ITC, the head of ITM and the language head of ITG.
 * Names are those of Hugging Face's Blip2ForImageTextRetrieval; `temp` and the language head, which it lacks, keep
 * LAVIS's.
 *
 * B batch, Q queries, P patches, T text tokens, D width, W width of the image, E width of the projections,
 * V vocabulary.
 */
import { l2Normalize, tf, type ParameterSpecs, type Rng, type Tensor } from '../runtime';
import { defaultLinearSpecs, layerNorm, layerNormSpecs, linear, type KeyValues, type Weights } from '../nn';
import { wordHeadSpecs, wordLogits } from './bert';
import { bidirectionalMask, continuationMask, uniModalMask } from './masks';
import { embedText, imageMemory, qformer, type ImageMemory, type QformerOutput } from './qformer';
import { bertBaseQformer, qformerParameters, type QformerConfig } from './qformerConfig';

export interface Blip2QformerConfig {
  qformer: QformerConfig;
  /** E */
  imageTextHiddenSize: number;
  /** Of `ln_vision`: 1e-5 in LAVIS, 1e-6 in Hugging Face. */
  visionLayerNormEps: number;
  /** The temperature to start from; it divides similarities. */
  temperature: number;
  /** `[DEC]`: in place of `[CLS]` where text is generated. */
  decoderStartTokenId: number;
}

/** The paper's size, in front of a ViT of the given width: 1024 ViT-L, 1408 ViT-g. */
export function blip2Qformer(visionWidth: number): Blip2QformerConfig {
  return {
    qformer: bertBaseQformer(visionWidth),
    imageTextHiddenSize: 256,
    visionLayerNormEps: 1e-5,
    temperature: 0.07,
    decoderStartTokenId: 30_522,
  };
}

/** Everything that stage 1 trains. The language head's decoder is the table of word embeddings. */
export function blip2QformerParameters(config: Blip2QformerConfig): ParameterSpecs {
  const { hiddenSize: width, encoderHiddenSize } = config.qformer;
  return {
    ...layerNormSpecs('vision_model.post_layernorm', encoderHiddenSize),
    ...qformerParameters(config.qformer),
    ...defaultLinearSpecs('vision_projection', width, config.imageTextHiddenSize),
    ...defaultLinearSpecs('text_projection', width, config.imageTextHiddenSize),
    ...defaultLinearSpecs('itm_head', width, 2),
    ...wordHeadSpecs('cls.predictions', config.qformer),
    temp: { shape: [], init: { kind: 'constant', value: config.temperature } },
  };
}

/** The image as the Q-Former reads it, for any number of passes: features of the ViT [B, P, W] → memory. */
export function readImage(w: Weights, config: Blip2QformerConfig, features: Tensor): ImageMemory {
  const normed = layerNorm(w.scope('vision_model.post_layernorm'), features, config.visionLayerNormEps);
  return imageMemory(w, config.qformer, normed);
}

/** The queries alone over each image; `queries` of the output is Z [B, Q, D]. */
export function encodeImage(
  w: Weights,
  config: Blip2QformerConfig,
  image: ImageMemory,
  rng?: Rng,
): QformerOutput {
  return qformer(w, config.qformer, { queries: w.get('query_tokens'), image, rng });
}

/** The text alone: ids and mask (1 real, 0 padding) int32 [B, T]; `text` of the output is [B, T, D]. */
export function encodeText(
  w: Weights,
  config: Blip2QformerConfig,
  ids: Tensor,
  mask: Tensor,
  rng?: Rng,
): QformerOutput {
  return qformer(w, config.qformer, { text: embedText(w, ids), mask: uniModalMask(0, mask), rng });
}

/** Queries and text together, each seeing the other: image b with text b. */
export function encodePair(
  w: Weights,
  config: Blip2QformerConfig,
  image: ImageMemory,
  text: { ids: Tensor; mask: Tensor },
  rng?: Rng,
): QformerOutput {
  const mask = bidirectionalMask(config.qformer.numQueryTokens, text.mask);
  return qformer(w, config.qformer, {
    queries: w.get('query_tokens'),
    image,
    text: embedText(w, text.ids),
    mask,
    rng,
  });
}

/** Unit vectors of the images, one per query: [B, Q, D] → [B, Q, E]. */
export function projectImage(w: Weights, queries: Tensor): Tensor {
  return l2Normalize(linear(w.scope('vision_projection'), queries));
}

/** Unit vectors of the texts, from their first token: [B, T, D] → [B, E]. */
export function projectText(w: Weights, text: Tensor): Tensor {
  const [batch, , width] = text.shape;
  const first = text.slice([0, 0, 0], [-1, 1, -1]).reshape([batch, width]); // [B, D]
  return l2Normalize(linear(w.scope('text_projection'), first));
}

/** What ITC compares of images, read by the queries alone: features [B, P, W] → [B, Q, E]. */
export function imageVectors(w: Weights, config: Blip2QformerConfig, features: Tensor): Tensor {
  return projectImage(w, encodeImage(w, config, readImage(w, config, features)).queries!);
}

/** What ITC compares of texts, each read alone: ids and mask int32 [B, T] → [B, E]. */
export function textVectors(
  w: Weights,
  config: Blip2QformerConfig,
  { ids, mask }: { ids: Tensor; mask: Tensor },
): Tensor {
  return projectText(w, encodeText(w, config, ids, mask).text!);
}

/** Do image and text belong together? Averaged over the queries: [B, Q, D] → [B, 2], class 1 is a match. */
export function imageTextMatchingLogits(w: Weights, queries: Tensor): Tensor {
  return tf.mean(linear(w.scope('itm_head'), queries), 1);
}

/** BERT's language head: states [..., D] → logits of the next token [..., V]. */
export function languageLogits(w: Weights, config: Blip2QformerConfig, states: Tensor): Tensor {
  const { layerNormEps } = config.qformer;
  const words = w.matrix('embeddings.word_embeddings.weight');
  return wordLogits(w.scope('cls.predictions'), { hiddenAct: 'gelu', layerNormEps }, states, words);
}

/**
 * Generation: text that begins with [DEC], after the queries of `encodeImage` whose keys and values it reads (as
 * LAVIS does; equal to one pass under `multimodalCausalMask`). ids and mask int32 [B, T] → logits [B, T, V].
 */
export function generationLogits(
  w: Weights,
  config: Blip2QformerConfig,
  queries: KeyValues[],
  text: { ids: Tensor; mask: Tensor },
): Tensor {
  const mask = continuationMask(config.qformer.numQueryTokens, text.mask);
  const output = qformer(w, config.qformer, { text: embedText(w, text.ids), mask, past: queries });
  return languageLogits(w, config, output.text!);
}

/** The ids of a text as its decoder reads them: [DEC] in place of [CLS], int32 [B, T]. */
export function decoderIds(config: Blip2QformerConfig, ids: Tensor): Tensor {
  const [batch, length] = ids.shape as [number, number];
  const start = tf.fill([batch, 1], config.decoderStartTokenId, 'int32');
  return tf.concat([start, ids.slice([0, 1], [batch, length - 1])], 1);
}
