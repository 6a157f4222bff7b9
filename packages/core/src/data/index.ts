export { BatchSource, type Batch, type BatchSourceOptions } from './batches';
export { stackPixels, type ImageTextDataset, type ImageTextSplit } from './dataset';
export { cachedFeatures, Features, type FeatureCacheOptions } from './features';
export { drawBelow, hashInts, permutation } from './random';
export { loadLanguageModel, type FrozenLanguageModel, type LanguageModelOptions } from './languageModel';
export { shapes, type ShapesDataset } from './shapes';
export {
  loadVisionTower,
  splitFeatures,
  visionTowerHash,
  type FrozenVisionTower,
  type VisionTowerOptions,
} from './visionTower';
