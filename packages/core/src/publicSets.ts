/** Evaluation on public sets, as a notebook sees it. */
export {
  openCaptionSet,
  openQuestionSet,
  type CaptionImage,
  type CaptionSet,
  type EvaluationSet,
  type QuestionImage,
  type QuestionSet,
  type SampleId,
  type SetImage,
  type SetProblem,
  type SetQuestion,
} from './data';
export {
  type AnswerRecord,
  type SetCaptionRecord,
  type RetrievalRecord,
  type ScoreRow,
  type SetEvaluationOptions,
  type SetSummary,
  type SkippedPicture,
} from './evaluate';
export { SetEvaluator, type OnSetOptions, type SetEvaluation, type SetTask } from './studies';
export { writeEvaluationPage } from './report';
