/** A finished BLIP-2 asked about images: captions, answers, any prompt, and where its queries look. */
export { AttentionRecorder, type AttendOptions, type Recorded } from './attentionRecorder';
export { Blip2, QUESTION_TOKENIZER, type AskOptions, type Blip2Parts } from './blip2';
export {
  nameTexts,
  pairLook,
  pairRecords,
  type EncodedTexts,
  type PairObjective,
  type PairOptions,
} from './pairLook';
export { PairScorer, type PairParts } from './pairScorer';
export { TextTable } from './textTable';
export { textTensors } from './paddedText';
export { filledBatches, type FilledBatch } from './filledBatches';
export {
  processImages,
  readImageProcessor,
  writeImageProcessor,
  type ImageProcessor,
} from './imageProcessor';
export { halfError } from './halfError';
export { ImageTextGenerator, type ImageFeatures, type ImageTextParts } from './imageTextGenerator';
export { ANSWER, CAPTION, questionPrompt, withDefaults } from './prompts';
export { modelKind } from './modelKind';
export {
  Blip2Retrieval,
  type Blip2RetrievalParts,
  type RetrievalAttendOptions,
  type Scores,
} from './retrieval';
export { convert, type Conversion, type ConvertOptions } from './convert';
