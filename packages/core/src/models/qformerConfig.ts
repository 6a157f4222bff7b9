/** The Q-Former's configuration and parameters (names of Hugging Face's Blip2ForImageTextRetrieval). */
import type { ParameterSpecs } from '../runtime';
import { embeddingSpecs, layerNormSpecs, linearSpecs, normal, repeatSpecs } from '../nn';

/** Hugging Face's `qformer_config`, the number of queries, and the ranges of initial values. */
export interface QformerConfig {
  numQueryTokens: number;
  hiddenSize: number;
  numHiddenLayers: number;
  numAttentionHeads: number;
  intermediateSize: number;
  /** Blocks 0, n, 2n, … read the image. */
  crossAttentionFrequency: number;
  /** Width of the image's tokens. */
  encoderHiddenSize: number;
  /** False once stage 1 is over: no text embeddings, no feed-forward for text. */
  useQformerTextInput: boolean;
  vocabSize: number;
  maxPositionEmbeddings: number;
  layerNormEps: number;
  hiddenDropoutProb: number;
  attentionProbsDropoutProb: number;
  /** Standard deviation of initial matrices; 1/√fan-in where it is absent. */
  initializerRange?: number;
  /** Standard deviation of initial embeddings and queries. */
  embeddingRange: number;
}

/** BERT-base with `[DEC]` in its vocabulary and 32 queries, reading image tokens of the given width (the paper's). */
export function bertBaseQformer(encoderHiddenSize: number): QformerConfig {
  return {
    numQueryTokens: 32,
    hiddenSize: 768,
    numHiddenLayers: 12,
    numAttentionHeads: 12,
    intermediateSize: 3072,
    crossAttentionFrequency: 2,
    encoderHiddenSize,
    useQformerTextInput: true,
    vocabSize: 30_523,
    maxPositionEmbeddings: 512,
    layerNormEps: 1e-12,
    hiddenDropoutProb: 0.1,
    attentionProbsDropoutProb: 0.1,
    initializerRange: 0.02,
    embeddingRange: 0.02,
  };
}

/** Queries, embeddings and blocks. */
export function qformerParameters(config: QformerConfig): ParameterSpecs {
  const { hiddenSize, embeddingRange, useQformerTextInput } = config;
  const embeddings = {
    ...embeddingSpecs('embeddings.word_embeddings', config.vocabSize, hiddenSize, embeddingRange),
    ...embeddingSpecs(
      'embeddings.position_embeddings',
      config.maxPositionEmbeddings,
      hiddenSize,
      embeddingRange,
    ),
  };
  return {
    query_tokens: { shape: [1, config.numQueryTokens, hiddenSize], init: normal(embeddingRange) },
    ...(useQformerTextInput ? embeddings : {}),
    ...layerNormSpecs('qformer.layernorm', hiddenSize),
    ...repeatSpecs('qformer.encoder.layer', config.numHiddenLayers, (name, index) =>
      blockSpecs(name, index, config),
    ),
  };
}

function blockSpecs(name: string, index: number, config: QformerConfig): ParameterSpecs {
  const { hiddenSize: width, encoderHiddenSize } = config;
  const readsImage = index % config.crossAttentionFrequency === 0;
  return {
    ...attentionSpecs(`${name}.attention`, width, config),
    ...(readsImage ? attentionSpecs(`${name}.crossattention`, encoderHiddenSize, config) : {}),
    ...feedForwardSpecs(`${name}.intermediate_query`, `${name}.output_query`, config),
    ...(config.useQformerTextInput ? feedForwardSpecs(`${name}.intermediate`, `${name}.output`, config) : {}),
  };
}

function attentionSpecs(name: string, memoryWidth: number, config: QformerConfig): ParameterSpecs {
  const { hiddenSize: width, initializerRange: std } = config;
  return {
    ...linearSpecs(`${name}.attention.query`, width, width, std),
    ...linearSpecs(`${name}.attention.key`, memoryWidth, width, std),
    ...linearSpecs(`${name}.attention.value`, memoryWidth, width, std),
    ...linearSpecs(`${name}.output.dense`, width, width, std),
    ...layerNormSpecs(`${name}.output.LayerNorm`, width),
  };
}

function feedForwardSpecs(expand: string, contract: string, config: QformerConfig): ParameterSpecs {
  const { hiddenSize: width, intermediateSize, initializerRange: std } = config;
  return {
    ...linearSpecs(`${expand}.dense`, width, intermediateSize, std),
    ...linearSpecs(`${contract}.dense`, intermediateSize, width, std),
    ...layerNormSpecs(`${contract}.LayerNorm`, width),
  };
}
