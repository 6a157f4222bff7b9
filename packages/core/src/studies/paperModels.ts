/**
 * The paper's own models (tables 1 and 2), counted: every parameter of a configuration by its shape, without weights.
 */
import { countParameters } from '../nn';
import { bertBaseQformer, BLIP2, blip2Qformer, blip2QformerParameters } from '../models';
import { PAPER_LANGUAGE, PAPER_VISION, type LanguageShape, type VisionShape } from '../recipes';

export interface ParameterCount {
  /** Of queries, Q-Former, the norm before it and the projection after it. */
  trainable: number;
  /** With both frozen towers. */
  total: number;
}

/** By the paper's names. */
export const VISION = { 'ViT-L': PAPER_VISION['vit-l'], 'ViT-g': PAPER_VISION['vit-g'] };
const LANGUAGE = {
  'OPT-2.7B': PAPER_LANGUAGE['opt-2.7b'],
  'OPT-6.7B': PAPER_LANGUAGE['opt-6.7b'],
  'FlanT5-XL': PAPER_LANGUAGE['flan-t5-xl'],
  'FlanT5-XXL': PAPER_LANGUAGE['flan-t5-xxl'],
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
  return countParameters(blip2QformerParameters(blip2Qformer(VISION[vision].model.hiddenSize)));
}

function countTowers(vision: VisionShape, language: LanguageShape, readsQuestions: boolean): ParameterCount {
  const qformer = { ...bertBaseQformer(vision.model.hiddenSize), useQformerTextInput: readsQuestions };
  const towers = { vision: vision.config, text: language.config };
  const model = BLIP2.build({ ...towers, qformer, visionLayerNormEps: 1e-5 });
  return {
    trainable: countParameters(model.trainableParameters()),
    total: countParameters(model.parameters()),
  };
}
