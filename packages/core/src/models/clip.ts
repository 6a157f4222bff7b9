/**
 * CLIP (Radford et al., 2021; Hugging Face's CLIPModel, whose names these are): ranks captions in CapFilt, and gives
 * BLIP-2 its ViT.
 *
 * B batch, T text tokens, P patches, D width of text, W width of the image, E width of the projections.
 */
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
import { causalMask } from './masks';
import { CLIP_VIT_L, vit, vitParameters, type VitConfig } from './vit';

/** Hugging Face's `text_config`. */
export interface ClipTextConfig extends EncoderLayerConfig {
  numHiddenLayers: number;
  vocabSize: number;
  maxPositionEmbeddings: number;
  /** A text is its state at the first of these. (Older files say 2 and mean 49,407.) */
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
  return l2Normalize(linear(w.scope('text_projection'), atFirst(config.text.eosTokenId, ids, states)));
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

/** Each text's state at its first token of the given id (its last, if it has none): [B, T], [B, T, D] → [B, D]. */
function atFirst(id: number, ids: Tensor, states: Tensor): Tensor {
  const [batch, length, width] = states.shape as [number, number, number];
  const isEnd = tf.equal(ids, tf.scalar(id, 'int32')); // [B, T]
  const places = tf.where<Tensor>(isEnd, tf.range(0, length, 1, 'int32'), tf.scalar(length - 1, 'int32'));
  const rows = tf.range(0, batch * length, length, 'int32').add(tf.min(places, 1)); // [B]
  return takeBatch(states.reshape([batch * length, width]), rows);
}
