export { BatchSource, type Batch, type BatchSourceOptions } from './batches';
export { cachedFeatures, Features, type FeatureCacheOptions } from './features';
export { drawBelow, hashInts, permutation } from './random';
