/** The configuration and parameters of BLIP's captioner (names of transformers' BlipForConditionalGeneration). */
import { z } from 'zod';
import type { ParameterSpecs } from '../runtime';
import { bertLayerSpecs, embeddingSpecs, layerNormSpecs, repeatSpecs, type BertLayerConfig } from '../nn';
import { wordHeadSpecs } from './bert';
import { checkHeads, field, parseConfig } from './parseConfig';
import { vitParameters, type VitConfig } from './vit';
import { vitFields } from './vitFamilies';

/** Hugging Face's `text_config`. */
export interface BlipTextConfig extends BertLayerConfig {
  numHiddenLayers: number;
  vocabSize: number;
  maxPositionEmbeddings: number;
  /** Standard deviation of initial matrices and embeddings. */
  initializerRange: number;
  /** `[DEC]`: every text starts with it. */
  bosTokenId: number;
  /** `[SEP]`: ends a text. */
  sepTokenId: number;
  padTokenId: number;
}

export interface BlipConfig {
  vision: VitConfig;
  text: BlipTextConfig;
}

/** BLIP-large, CapFilt's captioner in the paper: ViT-L/16 at 384 px, BERT-base that reads it. */
export const BLIP_LARGE = readBlipConfig({
  visionConfig: { hiddenSize: 1024, intermediateSize: 4096, numHiddenLayers: 24, numAttentionHeads: 16 },
  textConfig: { numAttentionHeads: 12 },
});

/** See `Family.readConfig`. */
export function readBlipConfig(json: Readonly<Record<string, unknown>>): BlipConfig {
  const visionFields = vitFields({
    hiddenSize: 768,
    intermediateSize: 3072,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    imageSize: 384,
    patchSize: 16,
    hiddenAct: 'gelu',
    layerNormEps: 1e-5,
  });
  const textFields = z.object({
    vocabSize: field.size.default(30_524),
    hiddenSize: field.size.default(768),
    numHiddenLayers: field.blocks.min(1).default(12),
    numAttentionHeads: field.size.default(8),
    intermediateSize: field.size.default(3072),
    hiddenAct: field.activation.default('gelu'),
    hiddenDropoutProb: field.probability.default(0),
    attentionProbsDropoutProb: field.probability.default(0),
    maxPositionEmbeddings: field.size.default(512),
    initializerRange: field.epsilon.default(0.02),
    layerNormEps: field.epsilon.default(1e-12),
    bosTokenId: field.count.default(30_522),
    sepTokenId: field.count.default(102),
    padTokenId: field.count.default(0),
  });
  const vision = parseConfig(visionFields, json.visionConfig ?? {}, 'blip_vision_model');
  const text = parseConfig(textFields, json.textConfig ?? {}, 'blip_text_model');
  checkHeads('blip_vision_model', vision.hiddenSize, vision.numAttentionHeads);
  checkHeads('blip_text_model', text.hiddenSize, text.numAttentionHeads);
  return { vision: { family: 'blip', ...vision }, text };
}

/** See `Family.writeConfig`. */
export function writeBlipConfig({ vision, text }: BlipConfig): Record<string, unknown> {
  const { family: _, ...visionConfig } = vision;
  return {
    modelType: 'blip',
    architectures: ['BlipForConditionalGeneration'],
    visionConfig: { modelType: 'blip_vision_model', ...visionConfig },
    textConfig: { modelType: 'blip_text_model', encoderHiddenSize: vision.hiddenSize, ...text },
  };
}

/** Names as in the state dict of BlipForConditionalGeneration. */
export function blipParameters({ vision, text }: BlipConfig): ParameterSpecs {
  const { hiddenSize: width, initializerRange: std } = text;
  const bert = 'text_decoder.bert';
  return {
    ...vitParameters(vision),
    ...layerNormSpecs('vision_model.post_layernorm', vision.hiddenSize),
    ...embeddingSpecs(`${bert}.embeddings.word_embeddings`, text.vocabSize, width, std),
    ...embeddingSpecs(`${bert}.embeddings.position_embeddings`, text.maxPositionEmbeddings, width, std),
    ...layerNormSpecs(`${bert}.embeddings.LayerNorm`, width),
    ...repeatSpecs(`${bert}.encoder.layer`, text.numHiddenLayers, (name) =>
      bertLayerSpecs(name, text, { std, memoryWidth: vision.hiddenSize }),
    ),
    ...wordHeadSpecs('text_decoder.cls.predictions', text),
  };
}

/** The tied tensor's name for a copy of it; undefined for buffers. */
export function blipName(name: string): string | undefined {
  if (name.endsWith('.position_ids')) return undefined;
  const head = 'text_decoder.cls.predictions';
  if (name === `${head}.decoder.weight`) return 'text_decoder.bert.embeddings.word_embeddings.weight';
  return name === `${head}.decoder.bias` ? `${head}.bias` : name;
}
