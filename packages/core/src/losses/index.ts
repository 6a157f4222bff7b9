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
export {
  stage1Losses,
  type Stage1Batch,
  type Stage1Losses,
  type Stage1Options,
  type Stage1Outputs,
  type Stage1Weights,
} from './stage1';
