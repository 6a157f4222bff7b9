export { makeShapesBert, shapesBert, type ShapesBert } from './bert';
export { makeShapesCaptioner, shapesCaptioner, type ShapesCaptioner } from './captioner';
export {
  CAPTIONING_RATES,
  COCO_SCENES,
  FINETUNING_LOOP,
  NOCAPS_SCENES,
  shapesCaptioning,
  shapesVqa,
  SHIFTED_SCENES,
  VQA_RATES,
} from './finetuning';
export { makeShapesClip, shapesClip, type ShapesClip, type ShapesClipSize } from './clip';
export {
  makeShapesLanguage,
  shapesLanguage,
  type ShapesLanguage,
  type ShapesLanguageKind,
  type ShapesLanguageOptions,
} from './language';
export {
  RETRIEVAL_RATES,
  SHAPES_CANDIDATES,
  shapesLongStage2,
  shapesRetrieval,
  shapesShortStage1,
  shapesStage1,
  shapesStage2,
  SHORT_CAPTIONS,
  STAGE1_RATES,
} from './settings';
export {
  makeShapesTowers,
  readTowerRecords,
  SHAPES_TOWERS,
  SHIPPED,
  towerRecipeHash,
  type MakeTowersOptions,
  type TowerRecord,
} from './towers';
