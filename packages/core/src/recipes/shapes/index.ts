export { makeShapesClip, shapesClip, type ShapesClip, type ShapesClipSize } from './clip';
export {
  makeShapesLanguage,
  shapesOpt,
  shapesT5,
  type ShapesLanguage,
  type ShapesLanguageOptions,
} from './language';
export { shapesRetrieval, shapesStage1, shapesStage2 } from './settings';
