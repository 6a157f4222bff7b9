export { openRun, type OpenRunOptions } from './openRun';
export { applyOverrides } from './overrides';
export { makeData, openData, recipeOptions, type RecipeKind } from './registry';
export { stage1 } from './stage1';
export { Stage1Model, type CrossAttention } from './stage1Model';
export { parseStage1, type CustomLoss, type Stage1Options, type Stage1Settings } from './stage1Options';
export { stage2 } from './stage2';
export { Stage2Model } from './stage2Model';
export { parseStage2, type Stage2Options, type Stage2Settings } from './stage2Options';
export { reproduceStage1, SHAPES_CANDIDATES, type Stage1Reproduction } from './reproduce';
export {
  makeShapesClip,
  makeShapesLanguage,
  shapesClip,
  shapesOpt,
  shapesStage1,
  shapesT5,
  type ShapesClip,
  type ShapesClipSize,
  type ShapesLanguage,
  type ShapesLanguageOptions,
} from './shapes';
