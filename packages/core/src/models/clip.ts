/**
 * CLIP (Radford et al., 2021; Hugging Face's CLIPModel, whose names these are): ranks captions in CapFilt, and gives
 * BLIP-2 its ViT.
 *
 * B batch, T text tokens, P patches, D width of text, W width of the image, E width of the projections.
 */
import { z } from 'zod';
import {
  l2Normalize,
  linear as multiply,
  softmaxCrossEntropy,
  tf,
  type ParameterSpecs,
  type Tensor,
} from '../runtime';
import {
  embed,
  embeddingSpecs,
  encoderLayer,
  encoderLayerSpecs,
  layerNorm,
  layerNormSpecs,
  linear,
  matrixSpecs,
  repeatSpecs,
  takeBatch,
  type EncoderLayerConfig,
  type Weights,
} from '../nn';
import type { Family } from './family';
import { causalMask } from './masks';
import { checkHeads, field, parseConfig } from './parseConfig';
import { CLIP_VIT_L, vit, vitParameters, type VitConfig } from './vit';
import { CLIP_VISION } from './vitFamilies';

/** Hugging Face's `text_config`. */
export interface ClipTextConfig extends EncoderLayerConfig {
  numHiddenLayers: number;
  vocabSize: number;
  maxPositionEmbeddings: number;
  /** A text is its state at the first of these. 2, which older files say, stands for the text's highest id. */
  eosTokenId: number;
}

export interface ClipConfig {
  vision: VitConfig;
  text: ClipTextConfig;
  projectionDim: number;
  /** ln of the factor on cosines, to start from. */
  logitScaleInitValue: number;
}

/** openai/clip-vit-large-patch14: ranks CapFilt's captions in the paper. */
export const CLIP_LARGE: ClipConfig = {
  vision: CLIP_VIT_L,
  text: {
    family: 'clip',
    hiddenSize: 768,
    intermediateSize: 3072,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    hiddenAct: 'quick_gelu',
    layerNormEps: 1e-5,
    vocabSize: 49_408,
    maxPositionEmbeddings: 77,
    eosTokenId: 49_407,
  },
  projectionDim: 768,
  logitScaleInitValue: 2.6592,
};

/** Ranks images and texts by the cosine of their unit vectors. */
export interface Clip {
  parameters(): ParameterSpecs;
  /** pixels [B, S, S, 3], normalised → unit vectors [B, E] */
  image(w: Weights, pixels: Tensor): Tensor;
  /** ids int32 [B, T] → unit vectors [B, E] */
  text(w: Weights, ids: Tensor): Tensor;
}

const fields = z.object({
  projectionDim: field.size.default(512),
  logitScaleInitValue: z.number().default(2.6592),
});

const textFields = z.object({
  hiddenSize: field.size.default(512),
  intermediateSize: field.size.default(2048),
  numHiddenLayers: field.blocks.default(12),
  numAttentionHeads: field.size.default(8),
  hiddenAct: field.activation.default('quick_gelu'),
  layerNormEps: field.epsilon.default(1e-5),
  vocabSize: field.size.default(49_408),
  maxPositionEmbeddings: field.size.default(77),
  eosTokenId: field.count.default(49_407),
});

/** CLIP in folders. */
export const CLIP: Family<ClipConfig, Clip> = {
  modelType: 'clip',
  readConfig(json) {
    // Files of old have `…_config_dict` beside `…_config`; it is the one that counts.
    const part = (name: 'text' | 'vision') => ({
      ...(json[`${name}Config`] as object | null | undefined),
      ...(json[`${name}ConfigDict`] as object | null | undefined),
    });
    const { visionFeatureLayer: _, ...vision } = CLIP_VISION.readConfig(part('vision'));
    const text = { family: 'clip' as const, ...parseConfig(textFields, part('text'), 'clip_text_model') };
    checkHeads('clip_text_model', text.hiddenSize, text.numAttentionHeads);
    return { vision, text, ...parseConfig(fields, json, 'clip') };
  },
  writeConfig({ vision, text, ...rest }) {
    const { family: _vision, ...visionFields } = vision;
    const { family: _text, ...textConfig } = text;
    return {
      modelType: 'clip',
      architectures: ['CLIPModel'],
      visionConfig: { modelType: 'clip_vision_model', ...visionFields },
      textConfig: { modelType: 'clip_text_model', ...textConfig },
      ...rest,
    };
  },
  build: (config) => ({
    parameters: () => clipParameters(config),
    image: (w, pixels) => clipImage(w, config, pixels),
    text: (w, ids) => clipText(w, config, ids),
  }),
  parameterName: (name) => (name.endsWith('.embeddings.position_ids') ? undefined : name),
};

/** Unit vectors of images: pixels [B, S, S, 3], normalised → [B, E]. */
export function clipImage(w: Weights, config: ClipConfig, pixels: Tensor): Tensor {
  const states = vit(w.scope('vision_model'), config.vision, pixels); // [B, P, W]
  const [batch, , width] = states.shape;
  const first = states.slice([0, 0, 0], [-1, 1, -1]).reshape([batch, width]); // [B, W]: the class token
  const pooled = layerNorm(w.scope('vision_model.post_layernorm'), first, config.vision.layerNormEps);
  return l2Normalize(linear(w.scope('visual_projection'), pooled));
}

/** Unit vectors of texts, each with its end-of-text token: ids int32 [B, T] → [B, E]. */
export function clipText(w: Weights, config: ClipConfig, ids: Tensor): Tensor {
  const states = textTower(w.scope('text_model'), config.text, ids); // [B, T, D]
  return l2Normalize(linear(w.scope('text_projection'), atEnd(config.text.eosTokenId, ids, states)));
}

/**
 * Cross-entropy of matching pairs in both directions, averaged.
 *
 * @param images, texts unit vectors [B, E], row b of the one belonging to row b of the other
 * @param logitScale scalar `logit_scale`: its exponential multiplies cosines
 */
export function clipContrastive(images: Tensor, texts: Tensor, logitScale: Tensor): Tensor {
  const logits = tf.mul(multiply(images, texts), tf.exp(logitScale)); // [B, B]
  const labels = tf.range(0, images.shape[0], 1, 'int32');
  const crossEntropy = (rows: Tensor) => softmaxCrossEntropy(rows, labels);
  return tf.mul(tf.add(crossEntropy(logits), crossEntropy(tf.transpose(logits))), 0.5);
}

/** Names as in the state dict of CLIPModel. */
export function clipParameters({
  vision,
  text,
  projectionDim,
  logitScaleInitValue,
}: ClipConfig): ParameterSpecs {
  const { hiddenSize: width } = text;
  return {
    ...vitParameters(vision),
    ...layerNormSpecs('vision_model.post_layernorm', vision.hiddenSize),
    ...embeddingSpecs('text_model.embeddings.token_embedding', text.vocabSize, width, 0.02),
    ...embeddingSpecs('text_model.embeddings.position_embedding', text.maxPositionEmbeddings, width, 0.01),
    ...repeatSpecs('text_model.encoder.layers', text.numHiddenLayers, (name) =>
      encoderLayerSpecs(name, text),
    ),
    ...layerNormSpecs('text_model.final_layer_norm', width),
    ...matrixSpecs('visual_projection', vision.hiddenSize, projectionDim),
    ...matrixSpecs('text_projection', width, projectionDim),
    logit_scale: { shape: [], init: { kind: 'constant', value: logitScaleInitValue } },
  };
}

function textTower(w: Weights, config: ClipTextConfig, ids: Tensor): Tensor {
  const length = ids.shape[1]!;
  const positions = w.get('embeddings.position_embedding.weight').slice([0, 0], [length, -1]); // [T, D]
  const mask = causalMask(length);
  let x = embed(w.scope('embeddings.token_embedding'), ids).add(positions); // [B, T, D]
  for (let i = 0; i < config.numHiddenLayers; i++)
    x = encoderLayer(w.scope(`encoder.layers.${i}`), config, x, mask);
  return layerNorm(w.scope('final_layer_norm'), x, config.layerNormEps);
}

/** Each text's state at its end (at its last token, if it has none): [B, T], [B, T, D] → [B, D]. */
function atEnd(eosTokenId: number, ids: Tensor, states: Tensor): Tensor {
  const [batch, length, width] = states.shape as [number, number, number];
  const end = eosTokenId === 2 ? tf.max(ids, 1, true) : tf.scalar(eosTokenId, 'int32');
  const places = tf.where<Tensor>(
    tf.equal(ids, end), // [B, T]
    tf.range(0, length, 1, 'int32'),
    tf.scalar(length - 1, 'int32'),
  );
  const rows = tf.range(0, batch * length, length, 'int32').add(tf.min(places, 1)); // [B]
  return takeBatch(states.reshape([batch * length, width]), rows);
}
