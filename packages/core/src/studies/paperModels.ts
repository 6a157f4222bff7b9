/**
 * The paper's own models (tables 1 and 2), counted: every parameter of a configuration by its shape, without weights.
 */
import { countParameters } from '../nn';
import {
  bertBaseQformer,
  BLIP2,
  blip2Qformer,
  blip2QformerParameters,
  CLIP_VISION,
  CLIP_VIT_L,
  EVA_VISION,
  EVA_VIT_G,
  FLAN_T5_XL,
  FLAN_T5_XXL,
  OPT,
  OPT_2_7B,
  OPT_6_7B,
  T5,
  type TowerConfig,
} from '../models';

export interface ParameterCount {
  /** Of queries, Q-Former, the norm before it and the projection after it. */
  trainable: number;
  /** With both frozen towers. */
  total: number;
}

/** By the paper's names. */
export const VISION = {
  'ViT-L': { modelType: CLIP_VISION.modelType, config: { ...CLIP_VIT_L, visionFeatureLayer: -2 } },
  'ViT-g': { modelType: EVA_VISION.modelType, config: { ...EVA_VIT_G, visionFeatureLayer: -1 } },
};
const LANGUAGE = {
  'OPT-2.7B': { modelType: OPT.modelType, config: OPT_2_7B },
  'OPT-6.7B': { modelType: OPT.modelType, config: OPT_6_7B },
  'FlanT5-XL': { modelType: T5.modelType, config: FLAN_T5_XL },
  'FlanT5-XXL': { modelType: T5.modelType, config: FLAN_T5_XXL },
};
export type PaperVision = keyof typeof VISION;
export type PaperLanguage = keyof typeof LANGUAGE;

/** The rows of table 2. */
export const PAPER_MODELS: readonly { vision: PaperVision; language: PaperLanguage }[] = [
  { vision: 'ViT-L', language: 'OPT-2.7B' },
  { vision: 'ViT-g', language: 'OPT-2.7B' },
  { vision: 'ViT-g', language: 'OPT-6.7B' },
  { vision: 'ViT-L', language: 'FlanT5-XL' },
  { vision: 'ViT-g', language: 'FlanT5-XL' },
  { vision: 'ViT-g', language: 'FlanT5-XXL' },
];

/** Of stage 2: the Q-Former's text side is gone, unless it is to read questions (section 4.3). */
export function stage2Parameters(
  vision: PaperVision,
  language: PaperLanguage,
  { readsQuestions = false }: { readsQuestions?: boolean } = {},
): ParameterCount {
  return countTowers(VISION[vision], LANGUAGE[language], readsQuestions);
}

/** All that stage 1 trains in front of a vision tower, its text side and its heads included. */
export function stage1Trainable(vision: PaperVision): number {
  return countParameters(blip2QformerParameters(blip2Qformer(VISION[vision].config.hiddenSize)));
}

function countTowers(
  vision: TowerConfig & { config: { hiddenSize: number } },
  text: TowerConfig,
  readsQuestions: boolean,
): ParameterCount {
  const qformer = { ...bertBaseQformer(vision.config.hiddenSize), useQformerTextInput: readsQuestions };
  const model = BLIP2.build({ vision, text, qformer, visionLayerNormEps: 1e-5 });
  return {
    trainable: countParameters(model.trainableParameters()),
    total: countParameters(model.parameters()),
  };
}
