export { BatchSource, type Batch, type BatchSourceOptions } from './batches';
export {
  stackPixels,
  type ImageTextDataset,
  type ImageTextSplit,
  type SwappedCaption,
  type VisualQuestion,
} from './dataset';
export { cachedFeatures, Features, type FeatureCacheOptions } from './features';
export { pictureSplit } from './pictures';
export { drawBelow, hashInts, permutation } from './random';
export {
  languageModelHash,
  loadLanguageModel,
  type FrozenLanguageModel,
  type LanguageModelOptions,
} from './languageModel';
export { shapes, shapesTower, type ShapesDataset, type ShapesTower } from './shapes';
export {
  freshFeatures,
  loadVisionTower,
  splitFeatures,
  visionTowerHash,
  type FrozenVisionTower,
  type ImageEncoder,
  type VisionTowerOptions,
} from './visionTower';
