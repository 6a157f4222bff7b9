/**
 * BLIP's captioner (Li et al., 2022; transformers' BlipForConditionalGeneration), which writes CapFilt's captions: a
 * ViT, and a BERT that reads it in every block and writes from left to right.
 *
 * B batch, S image side, P patches, W width of the image, T text tokens, D width of the text, H heads, d = D / H,
 * V vocabulary. R = B · beams rows grow at once.
 */
import { dropout, tf, type ParameterSpecs, type Rng, type Tensor, type TensorTree } from '../runtime';
import {
  bertLayer,
  crossMemory,
  embed,
  incrementalAttention,
  layerNorm,
  multiHeadAttention,
  type KeyValues,
  type Weights,
} from '../nn';
import { wordLogits } from './bert';
import {
  blipName,
  blipParameters,
  readBlipConfig,
  writeBlipConfig,
  type BlipConfig,
  type BlipTextConfig,
} from './blipConfig';
import { decoderOnly, type DecoderOnlyTower } from './decoderOnly';
import type { Family } from './family';
import type { SpecialTokens } from './languageTower';
import type { Sequencer } from './sequencer';
import { vit } from './vit';

/** An image and how its caption begins. */
export type CaptionPrompt = {
  /** Of `features`, [B, P, W]. */
  features: Tensor;
  /** int32 [B, T], [DEC] first. */
  ids: Tensor;
  /** 1 real, 0 padding, wherever it is: int32 [B, T]. */
  mask: Tensor;
};

export interface BlipCaptioner extends Sequencer<CaptionPrompt> {
  readonly vocabSize: number;
  readonly tokens: SpecialTokens;
  parameters(): ParameterSpecs;
  /** pixels [B, S, S, 3], normalised → [B, P, W] */
  features(w: Weights, pixels: Tensor): Tensor;
  /** Teacher forcing: position t holds the logits of token t + 1. [B, T, V] */
  logits(w: Weights, text: CaptionPrompt, rng?: Rng): Tensor;
}

/** How LAVIS begins captions (blip_caption_large_coco.yaml). */
export const CAPTION_PROMPT = 'a picture of ';

/** A prompt's ids as the decoder reads them: [DEC] in place of [CLS], and no [SEP]. */
export function captionPromptIds({ text }: BlipConfig, encoded: readonly number[]): number[] {
  return [text.bosTokenId, ...encoded.slice(1, -1)];
}

/** BLIP's captioner in folders. */
export const BLIP: Family<BlipConfig, BlipCaptioner> = {
  modelType: 'blip',
  readConfig: readBlipConfig,
  writeConfig: writeBlipConfig,
  build: blipCaptioner,
  parameterName: blipName,
};

function blipCaptioner(config: BlipConfig): BlipCaptioner {
  const { text } = config;
  return {
    vocabSize: text.vocabSize,
    tokens: { bos: text.bosTokenId, eos: text.sepTokenId, pad: text.padTokenId },
    parameters: () => blipParameters(config),
    features: (w, pixels) => blipFeatures(w, config, pixels),
    logits: (w, prompt, rng) => textLogits(w, text, blipStates(w, config, prompt, rng).at(-1)!),
    begin(w, { features, ids, mask }, room) {
      const image = readable(w, text, features);
      const decoder = textDecoder(config, image);
      const beginning = decoder.begin(w, { embeddings: decoder.embed(w, ids), mask }, room);
      return { ...beginning, memory: { image, text: beginning.memory } };
    },
    step(w, memory, cache, feed) {
      const { image, text: prompt } = memory as { image: KeyValues[]; text: TensorTree };
      return textDecoder(config, image).step(w, prompt, cache, feed);
    },
  };
}

/** All tokens of the image, after the last norm: pixels [B, S, S, 3] → [B, P, W]. */
export function blipFeatures(w: Weights, { vision }: BlipConfig, pixels: Tensor): Tensor {
  const tower = w.scope('vision_model');
  return layerNorm(tower.scope('post_layernorm'), vit(tower, vision, pixels), vision.layerNormEps);
}

/** What the decoder's first block reads, then each block's states: layers + 1 tensors [B, T, D]. */
export function blipStates(w: Weights, config: BlipConfig, text: CaptionPrompt, rng?: Rng): Tensor[] {
  const { features, ids, mask } = text;
  const decoder = textDecoder(config, readable(w, config.text, features));
  return decoder.states(w, { embeddings: decoder.embed(w, ids), mask }, rng);
}

/** What the decoder's blocks read of images [B, P, W]: keys and values [B, H, P, d], one pair per block. */
function readable(w: Weights, text: BlipTextConfig, features: Tensor): KeyValues[] {
  return Array.from({ length: text.numHiddenLayers }, (_, layer) =>
    crossMemory(w.scope(`${BERT}.encoder.layer.${layer}`), text, features),
  );
}

const BERT = 'text_decoder.bert';

/** The decoder in front of certain images. */
function textDecoder(config: BlipConfig, image: KeyValues[]): DecoderOnlyTower {
  const { text } = config;
  return decoderOnly({
    hiddenSize: text.hiddenSize,
    vocabSize: text.vocabSize,
    tokens: { bos: text.bosTokenId, eos: text.sepTokenId, pad: text.padTokenId },
    numHiddenLayers: text.numHiddenLayers,
    maxPositions: text.maxPositionEmbeddings,
    parameters: () => blipParameters(config),
    embed: (w, ids) => embed(w.scope(`${BERT}.embeddings.word_embeddings`), ids),
    enter(w, embeddings, positions, rng) {
      const table = w.scope(`${BERT}.embeddings`);
      const places = embed(table.scope('position_embeddings'), tf.maximum(positions, tf.scalar(0, 'int32')));
      const normed = layerNorm(table.scope('LayerNorm'), embeddings.add(places), text.layerNormEps);
      return dropout(normed, text.hiddenDropoutProb, rng);
    },
    block: (w, layer, x, { attend, rng }) =>
      bertLayer(w.scope(`${BERT}.encoder.layer.${layer}`), text, x, {
        attend,
        read: (query, rate) => readImage(query, image[layer], rate, rng),
        rng,
      }),
    head: (w, states) => textLogits(w, text, states),
  });
}

/** Beams of a prompt share its image: query [B, H, T, d] or [R, H, 1, d] → [B, T, D] or [R, 1, D]. */
function readImage(query: Tensor, image: KeyValues, rate: number, rng?: Rng): Tensor {
  if (query.shape[0] === image.key.shape[0]) {
    return multiHeadAttention(query, image, { dropout: rate, rng }).context;
  }
  return incrementalAttention(query, { read: image }, 1 / Math.sqrt(query.shape[3]!));
}

function textLogits(w: Weights, text: BlipTextConfig, states: Tensor): Tensor {
  const words = w.matrix(`${BERT}.embeddings.word_embeddings.weight`);
  return wordLogits(w.scope('text_decoder.cls.predictions'), text, states, words);
}
