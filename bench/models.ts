/** Models with random weights that cases load from folders: of the paper's sizes, or middling ones where those are slow. */
import {
  BLIP,
  BLIP2,
  CLIP,
  CLIP_VISION,
  CLIP_VIT_L,
  EVA_VISION,
  EVA_VIT_G,
  FLAN_T5_BASE,
  FLAN_T5_SMALL,
  FLAN_T5_XL,
  OPT,
  OPT_2_7B,
  T5,
  type Family,
  type VitFamily,
} from '../packages/core/src/models';
import { layerNormSpecs } from '../packages/core/src/nn';
import type { ParameterSpecs } from '../packages/core/src/runtime';

type Json = Record<string, unknown>;

/** A model of a folder, and the tokenizer in datasets/shapes that is put beside it. */
export interface RandomModel {
  /** What `writeConfig` of its family says of it. */
  config: Json;
  specs: ParameterSpecs;
  tokenizer: string;
  /** Side of the pictures that it reads. */
  imageSize: number;
}

function randomModel<C>(
  family: Family<C, { parameters(): ParameterSpecs }>,
  json: Json,
  tokenizer: string,
  more: Json = {},
): RandomModel {
  const config = family.readConfig(json);
  return {
    config: { ...family.writeConfig(config), ...more },
    specs: family.build(config).parameters(),
    tokenizer,
    imageSize: 224,
  };
}

/** A BLIP-2 with the paper's Q-Former between towers of these configs; ViT-g unless given. */
export const randomBlip2 = (textConfig: Json, tokenizer: string, visionConfig: Json = {}): RandomModel =>
  randomModel(BLIP2, { visionConfig, qformerConfig: {}, textConfig, numQueryTokens: 32 }, tokenizer, {
    imageTokenIndex: 3,
  });

const VIT_B = { hiddenSize: 768, intermediateSize: 3072, numHiddenLayers: 12, numAttentionHeads: 12 };

/** As OPT-125m; none of the few tokens that its tokenizer has ends a text. */
const OPT_125M = {
  modelType: 'opt',
  ...{ vocabSize: 50272, hiddenSize: 768, numHiddenLayers: 12, ffnDim: 3072, numAttentionHeads: 12 },
  ...{ maxPositionEmbeddings: 2048, bosTokenId: 2, eosTokenId: 50118, padTokenId: 1 },
};

/** A tower on its own, as `transformers` writes it: names without a prefix, and a norm after the blocks, which is not ours to run. */
function randomVit(family: VitFamily, json: Json): RandomModel {
  const model = randomModel(family, json, 'tokenizer');
  const { hiddenSize, imageSize } = family.readConfig(json);
  const own = Object.entries(model.specs).map(([name, spec]) => [name.replace('vision_model.', ''), spec]);
  const specs = {
    ...(Object.fromEntries(own) as ParameterSpecs),
    ...layerNormSpecs('post_layernorm', hiddenSize),
  };
  return { ...model, specs, imageSize };
}

const ofCurve = (imageSize: number) =>
  [`vit-b-${imageSize}`, () => randomVit(EVA_VISION, { ...VIT_B, imageSize })] as const;

/** By name, made when asked for. */
export const MODELS: Readonly<Record<string, () => RandomModel>> = {
  /** The blocks that BLIP-2 runs. */
  'vit-l': () => randomVit(CLIP_VISION, { ...CLIP_VIT_L, numHiddenLayers: 23, visionFeatureLayer: -1 }),
  'vit-g': () => randomVit(EVA_VISION, { ...EVA_VIT_G }),
  ...Object.fromEntries([112, 168, 224, 336, 448].map(ofCurve)),
  'opt-125m': () => randomModel(OPT, OPT_125M, 'tokenizer-opt'),
  // LAVIS runs FlanT5 so.
  'flan-t5-small': () =>
    randomModel(T5, T5.writeConfig({ ...FLAN_T5_SMALL, denseActFn: 'gelu' }), 'tokenizer-t5'),
  'flan-t5-base': () => randomModel(T5, T5.writeConfig(FLAN_T5_BASE), 'tokenizer-t5'),
  'blip2-opt-125m': () =>
    randomBlip2(OPT_125M, 'tokenizer-opt', { modelType: 'blip_2_vision_model', ...VIT_B }),
  'blip2-opt-2.7b': () => randomBlip2({ ...OPT.writeConfig(OPT_2_7B), eosTokenId: 50_118 }, 'tokenizer-opt'),
  'blip2-flan-t5-xl': () =>
    randomBlip2(T5.writeConfig({ ...FLAN_T5_XL, denseActFn: 'gelu' }), 'tokenizer-t5'),
  'blip-base': () =>
    randomModel(
      BLIP,
      { visionConfig: { ...VIT_B, imageSize: 224 }, textConfig: { numAttentionHeads: 12 } },
      'tokenizer',
    ),
  'clip-b': () =>
    randomModel(CLIP, { visionConfig: { ...VIT_B, patchSize: 32 }, textConfig: {} }, 'tokenizer'),
};
