export { captioning, type CaptioningOptions } from './captioning';
export { FinetunedModel } from './finetunedModel';
export { GeneratingModel, type GeneratingParts } from './generatingModel';
export { vqa, type VqaTuningOptions } from './vqa';
export {
  asBlip2,
  attendTo,
  GENERATING,
  openBlip2,
  openBlip2Retrieval,
  saveBlip2,
  type AttendToOptions,
  type SaveBlip2Options,
} from './finishedModel';
export { openRun, type OpenRunOptions, type RunModels, type RunStage } from './openRun';
export { unknownKey } from './errors';
export { applyOverrides } from './overrides';
export { languageShape } from './languageShape';
export { PAPER_FINETUNING, PAPER_LANGUAGE, PAPER_RECIPES, PAPER_VISION } from './paper';
export { isStreamed, type TrainingData } from './places';
export {
  memoryOf,
  operationsOf,
  type LanguageShape,
  type Memory,
  type RunSize,
  type Simulated,
  type Storage,
  type VisionShape,
} from './plan';
export { measureSteps, type MeasuredSteps } from './plan/measure';
export { impliedUtilisation, PAPER_DAYS } from './plan/paperRuns';
export { planned, plannedRuns, type Planned, type PlannedMachines, type PlannedRun } from './plan/planned';
export {
  languageModelDir,
  loadData,
  loadTrainingData,
  makeData,
  openData,
  openLanguageModel,
  recipeOptions,
  type RecipeKind,
} from './registry';
export { sizeOfFinetuning, sizeOfRetrieval, sizeOfStage1, sizeOfStage2 } from './sizes';
export { openStage1, openStage2, openTextHalf } from './start';
export { type Start, type TextHalf } from './startParts';
export { streamed } from './streamed';
export { type StreamedDataset, type StreamOptions } from './streamedOptions';
export { ImageTextModel } from './imageTextModel';
export { type CrossAttention } from './crossAttention';
export { type CustomLoss } from './objectiveOptions';
export { retrieval } from './retrieval';
export { RetrievalTunedModel } from './retrievalModel';
export { type RetrievalTuningOptions } from './retrievalOptions';
export { stage1 } from './stage1';
export { Stage1Model } from './stage1Model';
export { parseStage1, type Stage1Options, type Stage1Settings } from './stage1Options';
export { stage2 } from './stage2';
export { CAPTIONS_RIGHT, vqaMetric } from './validation';
export { Stage2Model } from './stage2Model';
export { parseStage2, type Stage2Options, type Stage2Settings } from './stage2Options';
export {
  CAPTIONING_RATES,
  COCO_SCENES,
  FINETUNING_LOOP,
  NOCAPS_SCENES,
  shapesCaptioning,
  shapesVqa,
  SHIFTED_SCENES,
  VQA_RATES,
  makeShapesBert,
  makeShapesCaptioner,
  makeShapesClip,
  makeShapesLanguage,
  makeShapesTowers,
  readTowerRecords,
  RETRIEVAL_RATES,
  SHAPES_CANDIDATES,
  SHAPES_TOWERS,
  shapesBert,
  shapesCaptioner,
  shapesClip,
  shapesLanguage,
  shapesRetrieval,
  shapesLongStage2,
  shapesShortStage1,
  shapesStage1,
  shapesStage2,
  SHORT_CAPTIONS,
  STAGE1_RATES,
  type ShapesClip,
  type ShapesClipSize,
  towerRecipeHash,
  type MakeTowersOptions,
  type ShapesBert,
  type ShapesCaptioner,
  type ShapesLanguage,
  type ShapesLanguageKind,
  type ShapesLanguageOptions,
  type TowerRecord,
} from './shapes';
export {
  clipTower,
  languageTower,
  makeTowers,
  OWN_TOWERS,
  type LanguageKind,
  type LanguageTexts,
  type MakeOwnTowersOptions,
  type OwnTower,
  type TrainedClip,
  type TrainedLanguage,
} from './towers';
export { emojiCaptioning, emojiRetrieval, emojiStage1, emojiStage2, emojiVqa } from './emoji/settings';
export * as shapesSettings from './shapes/settings';
