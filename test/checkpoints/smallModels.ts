/** A small model of every family, described as by its config.json. */
import {
  BERT,
  BLIP,
  BLIP2,
  CLIP,
  CLIP_VISION,
  EVA_VISION,
  OPT,
  T5,
  type Family,
} from '../../packages/core/src/models';
import type { ParameterSpecs } from '../../packages/core/src/runtime';

type AnyFamily = Family<unknown, { parameters(): ParameterSpecs }>;

const block = { hiddenSize: 12, intermediateSize: 20, numHiddenLayers: 2, numAttentionHeads: 3 };
const image = { ...block, imageSize: 8, patchSize: 4 };
const opt = {
  vocabSize: 17,
  hiddenSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 3,
  ffnDim: 20,
  maxPositionEmbeddings: 9,
};
const t5 = { vocabSize: 17, dModel: 12, dKv: 5, dFf: 20, numLayers: 2, numHeads: 3 };
const flanT5 = { ...t5, feedForwardProj: 'gated-gelu', tieWordEmbeddings: false };
const text = { vocabSize: 17, maxPositionEmbeddings: 9 };
const qformer = { ...block, crossAttentionFrequency: 2 };

export const SMALL_MODELS: [name: string, family: AnyFamily, config: Record<string, unknown>][] = [
  ['opt', OPT, opt],
  ['opt-350m', OPT, { ...opt, wordEmbedProjDim: 6, doLayerNormBefore: false }],
  ['opt-untied', OPT, { ...opt, tieWordEmbeddings: false }],
  ['t5', T5, t5],
  ['flan-t5', T5, flanT5],
  ['bert', BERT, { ...block, ...text }],
  ['clip', CLIP, { visionConfig: image, textConfig: { ...block, ...text, eosTokenId: 3 }, projectionDim: 7 }],
  ['clip-vision', CLIP_VISION, image],
  ['eva-vision', EVA_VISION, image],
  ['blip', BLIP, { visionConfig: image, textConfig: { ...block, ...text, bosTokenId: 2, sepTokenId: 3 } }],
  [
    'blip-2-opt',
    BLIP2,
    {
      visionConfig: image,
      textConfig: { modelType: 'opt', ...opt },
      qformerConfig: qformer,
      numQueryTokens: 4,
    },
  ],
  [
    'blip-2-t5',
    BLIP2,
    {
      visionConfig: { modelType: 'clip_vision_model', ...image },
      textConfig: { modelType: 't5', ...flanT5 },
      qformerConfig: qformer,
      numQueryTokens: 4,
    },
  ],
].map(([name, family, config]) => [name, family, config] as never);
