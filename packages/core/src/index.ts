/** @blip2/core: the library, as a notebook sees it. */
export { Blip2Error, Rng, tf, type ParameterSpecs, type Tensor } from './runtime';
export * as nn from './nn';
export { cleanCaption, cleanQuestion, Tokenizer } from './text';
export { decodeImage, normalise, type ImageSource, type RawImage } from './image';
export {
  ATTENTION_FORMAT,
  attentionBundle,
  chance,
  classShare,
  entropy,
  patchesOn,
  peak,
  queryMap,
  querySummaries,
  readAttentionBundle,
  shareOn,
  type AttentionBundle,
  type PatchMap,
  type QuerySummary,
} from './attention';
export {
  decoderOnly,
  field,
  OPT,
  OPT_125M,
  OPT_1_3B,
  OPT_2_7B,
  OPT_350M,
  OPT_6_7B,
  parseConfig,
  type BlockContext,
  type Decoder,
  type DecoderOnlyTower,
  type Family,
  type LanguageTower,
  type OptConfig,
  type Prompt,
} from './models';
export { fromPretrained, SafetensorsFile, savePretrained, writeSafetensors } from './checkpoints';
export {
  clipVisionTower,
  shapes,
  type ImageTextDataset,
  type ImageTextSplit,
  type ShapesDataset,
  type VisionTower,
} from './data';
export {
  train,
  type LogEntry,
  type Recipe,
  type Run,
  type Task,
  type TrainingConfig,
  type TrainOptions,
} from './train';
export {
  evaluateRetrieval,
  gqaAccuracy,
  normaliseAnswer,
  readVqaFiles,
  searchImages,
  vqaAccuracy,
  type GqaAnswer,
  type Retrieval,
  type RetrievalModel,
  type RetrievalOptions,
  type RetrievalRow,
  type SearchOptions,
  type SearchResult,
  type VqaOptions,
  type VqaQuestion,
  type VqaResult,
  type VqaScorer,
  type VqaScores,
} from './evaluate';
export {
  makeShapesClip,
  openData,
  openRun,
  reproduceStage1,
  shapesClip,
  shapesStage1,
  stage1,
  Stage1Model,
  type CrossAttention,
  type CustomLoss,
  type Stage1Options,
} from './recipes';
export {
  attentionView,
  imageGrid,
  lineChart,
  LiveLossCurve,
  lossCurve,
  show,
  table,
  type ImageRow,
  type Tile,
  type View,
} from './notebook';
