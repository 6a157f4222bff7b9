/** The paper's studies on Shapes, and what runs, judges and keeps them. */
export { readResult, readResults, resultPath, resultsDir, writeResult, type StudyResult } from './results';
export { atScale, dataFor, stepsFor } from './scale';
export { interval95, judge, mean, sd, valueOf, type Finding } from './statistics';
export {
  SCALES,
  type Claim,
  type Measurement,
  type PaperValue,
  type Scale,
  type Study,
  type StudyContext,
} from './study';
