export {
  checkpointAt,
  keepCheckpointsOf,
  lastCheckpoint,
  readModel,
  readOptimizer,
  saveCheckpoint,
  type Checkpoint,
  type CheckpointState,
} from './checkpoint';
export { trainingOf, trainingShape, type TrainingConfig } from './config';
export { bestCheckpoint, readBest, type BestRecord, type KeepBest } from './best';
export { listenForInterruption, type Interruption } from './interrupt';
export { FolderInUse, LOCK, lockFolder } from './lock';
export { JsonlLog, readLog, type LogEntry } from './log';
export { clock, Progress, progressLine, type ProgressOptions } from './progress';
export {
  defaultRunDir,
  holdsRun,
  isRunFolder,
  readRunFolder,
  recordOf,
  type RecipeRecord,
  type RunFolder,
} from './runFolder';
export { learningRateAt, type ScheduleOptions } from './schedule';
export { ALONE, ownRows, rowsOf, type Share } from './share';
export { isDecayed, TrainingStep } from './step';
export {
  type ChunkedLoss,
  type Inputs,
  type LossResult,
  type PrepareContext,
  type Recipe,
  type Task,
} from './task';
export { defaultRunsDir, train, type Run, type TrainOptions } from './train';
