/** The paper's studies on Shapes, and what runs, judges and keeps them. */
export { inputsHash } from './inputs';
export { STUDIES } from './list';
export { measure, type MeasureOptions } from './measure';
export { OverallProgress, type OverallProgressOptions } from './overallProgress';
export {
  readOwnResults,
  readResult,
  readResults,
  resultPath,
  resultsDir,
  writeResult,
  type StudyResult,
} from './results';
export {
  evaluationName,
  FIGURE5_LAYOUT,
  figure5Table,
  fillTables,
  missingOf,
  PAPER_FOLDERS,
  PAPER_TABLES,
  PaperDisk,
  SetEvaluator,
  type CellSource,
  type FilledCell,
  type FilledTable,
  type FillOptions,
  type Missing,
  type OnSetOptions,
  type PaperCell,
  type PaperEvaluation,
  type PaperFolder,
  type PaperFolderName,
  type PaperFolders,
  type PaperRow,
  type PaperTable,
  type SetEvaluation,
  type SetTask,
} from './paper';
export { runStudies, type Job, type RunStudiesOptions, type StudiesOutcome, type StudyEvent } from './runner';
export { atScale, dataFor, stepsFor } from './scale';
export { serve } from './serve';
export { interval95, judge, mean, sd, valueOf, type Finding } from './statistics';
export { variantOf } from './variants';
export {
  SCALES,
  type Claim,
  type Example,
  type ExampleTurn,
  type Measurement,
  type PaperStatement,
  type PaperValue,
  type Requirement,
  type Scale,
  type Study,
  type StudyContext,
  type StudyInputs,
} from './study';
