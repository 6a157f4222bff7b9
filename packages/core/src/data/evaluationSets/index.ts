/** Public sets that BLIP-2 is evaluated on, read as they are published. */
export {
  evaluationSetLayout,
  isEvaluationSet,
  openCaptionSet,
  openQuestionSet,
  type CaptionSetName,
  type EvaluationSetName,
  type QuestionSetName,
} from './open';
export { describeProblem, type SetProblem } from './problems';
export {
  type CaptionImage,
  type CaptionSet,
  type EvaluationSet,
  type QuestionImage,
  type QuestionSet,
  type SampleId,
  type SetImage,
  type SetQuestion,
} from './set';
