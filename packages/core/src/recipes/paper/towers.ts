/** The towers of the paper without their weights: what can be counted before anything is downloaded. */
import {
  CLIP_VIT_L,
  CLIP_VISION,
  EVA_VISION,
  EVA_VIT_G,
  FLAN_T5_XL,
  FLAN_T5_XXL,
  OPT,
  OPT_2_7B,
  OPT_6_7B,
  T5,
  usualFeatureLayer,
  type VitConfig,
  type VitFamily,
} from '../../models';
import type { LanguageShape, VisionShape } from '../plan';

function visionShape(family: VitFamily, vit: VitConfig): VisionShape {
  const config = { ...vit, visionFeatureLayer: usualFeatureLayer(vit) };
  return { model: family.build(config), config: { modelType: family.modelType, config } };
}

/** By the names that recipes end with. */
export const PAPER_VISION: Readonly<Record<'vit-l' | 'vit-g', VisionShape>> = {
  'vit-l': visionShape(CLIP_VISION, CLIP_VIT_L),
  'vit-g': visionShape(EVA_VISION, EVA_VIT_G),
};

const opt = (config: typeof OPT_2_7B): LanguageShape => ({
  tower: OPT.build(config),
  config: { modelType: OPT.modelType, config },
});
const t5 = (config: typeof FLAN_T5_XL): LanguageShape => ({
  tower: T5.build(config),
  config: { modelType: T5.modelType, config },
});

/** By the names that they go by. */
export const PAPER_LANGUAGE = {
  'opt-2.7b': opt(OPT_2_7B),
  'opt-6.7b': opt(OPT_6_7B),
  'flan-t5-xl': t5(FLAN_T5_XL),
  'flan-t5-xxl': t5(FLAN_T5_XXL),
} as const satisfies Record<string, LanguageShape>;
