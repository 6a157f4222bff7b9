export { BatchSource, type Batch, type BatchSourceOptions } from './batches';
export {
  splitNamed,
  stackPixels,
  type ImageTextDataset,
  type ImageTextSplit,
  type LeftOut,
  type SwappedCaption,
  type VisualQuestion,
} from './dataset';
export {
  describeProblem,
  evaluationSetLayout,
  isEvaluationSet,
  openCaptionSet,
  openQuestionSet,
  type CaptionImage,
  type CaptionSet,
  type CaptionSetName,
  type EvaluationSet,
  type EvaluationSetName,
  type QuestionImage,
  type QuestionSet,
  type QuestionSetName,
  type SampleId,
  type SetImage,
  type SetProblem,
  type SetQuestion,
} from './evaluationSets';
export { cachedFeatures, Features, type FeatureCacheOptions } from './features';
export { safeByLaion, withoutWords, type LaionSafetyOptions } from './exampleFilters';
export {
  describeLeftOut,
  withFilters,
  type ExampleFilter,
  type ExampleFilters,
  type FilteredExample,
} from './filters';
export { readFilters, withTrainFilter } from './filterFile';
export { emoji, openEmoji, type EmojiOptions } from './emoji';
export { folder, openFolder, requireTowers, type FolderOptions, type OwnDataset } from './folder';
export {
  heldOut,
  PictureLoader,
  type HeldOutOptions,
  type HeldOutSplit,
  type LoaderOptions,
  type PictureBatch,
  type Skipped,
} from './loader';
export { pictureSplit } from './pictures';
export { bijection, drawBelow, hashInts, permutation } from './random';
export {
  languageFamilyOf,
  languageModelHash,
  loadLanguageModel,
  type FrozenLanguageModel,
  type LanguageModelOptions,
} from './languageModel';
export { shapes, shapesTower, type ShapesDataset, type ShapesTower } from './shapes';
export {
  checkSource,
  describeFaults,
  endBlocks,
  expandBraces,
  manifestNames,
  manifestOf,
  openSource,
  membersOf,
  packShards,
  readMix,
  SOURCE_KINDS,
  UnreadableError,
  type CheckedSample,
  type CheckOptions,
  type CheckReport,
  type FaultCount,
  type Faults,
  type Known,
  type Manifest,
  type PackOptions,
  type PackRecord,
  type PictureSource,
  type PicturePlace,
  type ReadPicture,
  type SourcePart,
} from './sources';
export {
  freshFeatures,
  loadVisionTower,
  splitFeatures,
  visionTowerHash,
  type FrozenVisionTower,
  type ImageEncoder,
  type VisionTowerOptions,
} from './visionTower';
