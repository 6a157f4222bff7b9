export { captioning } from './captioning';
export {
  imageTextContrastive,
  positives,
  similarities,
  type Contrastive,
  type ContrastiveOptions,
} from './contrastive';
export { imageGroundedGeneration } from './generation';
export {
  languageModeling,
  stage2Losses,
  type Stage2Batch,
  type Stage2Losses,
  type Stage2Options,
} from './languageModeling';
export { imageTextMatching, matchingPairs, sampleHardNegatives, type Negatives } from './matching';
export { partOfRows } from './parts';
export {
  stage1Losses,
  type Stage1Batch,
  type Stage1Losses,
  type Stage1Options,
  type Stage1Outputs,
  type Stage1Weights,
} from './stage1';
export {
  compareStage1Chunks,
  encodeStage1Chunk,
  stage1ChunkLosses,
  type Stage1Encoding,
  type Stage1Notes,
} from './stage1Chunks';
