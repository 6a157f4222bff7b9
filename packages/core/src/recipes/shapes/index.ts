export { makeShapesClip, shapesClip, type ShapesClip, type ShapesClipSize } from './clip';
export {
  makeShapesLanguage,
  shapesOpt,
  shapesT5,
  type ShapesLanguage,
  type ShapesLanguageOptions,
} from './language';
export {
  RETRIEVAL_RATES,
  SHAPES_CANDIDATES,
  shapesLongStage2,
  shapesRetrieval,
  shapesStage1,
  shapesStage2,
  STAGE1_RATES,
} from './settings';
