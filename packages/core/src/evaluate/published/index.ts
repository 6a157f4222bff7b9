/** Evaluation on the public sets: resumable, with a file of results, a summary and what the set's server takes. */
export {
  evaluateCaptionSet,
  CAPTION_PROMPT,
  type CaptioningModel,
  type SetCaptionRecord,
  type CaptionSetOptions,
} from './captions';
export {
  isSkipped,
  type ScoreRow,
  type SetEvaluationOptions,
  type SetSummary,
  type SkippedPicture,
} from './evaluation';
export { modelRecord } from './modelRecord';
export {
  evaluateQuestionSet,
  type AnsweringModel,
  type AnswerRecord,
  type QuestionOptions,
} from './questions';
export { evaluateRetrievalSet } from './retrieval';
export { type RetrievalSetOptions } from './retrievalPasses';
export { type RetrievalRecord } from './retrievalPool';
