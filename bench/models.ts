/** BLIP-2s with random weights that cases load from a folder: the paper's Q-Former between towers of a middling size. */
import type { RandomBlip2 } from './randomFolder';

const visionConfig = {
  modelType: 'blip_2_vision_model',
  hiddenSize: 768,
  intermediateSize: 3072,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
};

/** As OPT-125m; none of the few tokens that its tokenizer has ends a text. */
const textConfig = {
  modelType: 'opt',
  ...{ vocabSize: 50272, hiddenSize: 768, numHiddenLayers: 12, ffnDim: 3072, numAttentionHeads: 12 },
  ...{ maxPositionEmbeddings: 2048, bosTokenId: 2, eosTokenId: 50118, padTokenId: 1 },
};

export const MODELS = {
  'blip2-opt-125m': { visionConfig, textConfig, tokenizer: 'tokenizer-opt' },
} satisfies Record<string, RandomBlip2>;
