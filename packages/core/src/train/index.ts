export {
  lastCheckpoint,
  readModel,
  readOptimizer,
  saveCheckpoint,
  type Checkpoint,
  type CheckpointState,
} from './checkpoint';
export { JsonlLog, readLog, type LogEntry } from './log';
export { clock, Progress, progressLine, type ProgressOptions } from './progress';
export { learningRateAt, type ScheduleOptions } from './schedule';
