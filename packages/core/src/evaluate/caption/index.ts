export { bleu, type BleuScores } from './bleu';
export {
  captionMetrics,
  type CaptionOptions,
  type CaptionResult,
  type CaptionScores,
} from './captionMetrics';
export { cider } from './cider';
export {
  evaluateCaptions,
  type CaptionEvaluation,
  type CaptionEvaluationOptions,
  type CaptionModel,
  type JudgedCaption,
} from './evaluateCaptions';
export { readCaptionFiles, type CaptionFileContent, type CaptionFiles, type ImageId } from './files';
export { type ImageScores } from './imageScores';
export { ptbTokenize } from './ptbTokenizer';
export { rougeL } from './rougeL';
