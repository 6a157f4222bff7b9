export {
  questionAccuracy,
  vqaAccuracy,
  type VqaOptions,
  type VqaQuestion,
  type VqaResult,
  type VqaScorer,
  type VqaScores,
} from './accuracy';
export { loadBaseForms } from './baseForms';
export { blindModel, lookingElsewhere, majorityAnswers } from './baselines';
export {
  evaluateVqa,
  isRightAnswer,
  questionsAbout,
  type JudgedAnswer,
  type QuestionSelection,
  type VqaEvaluation,
  type VqaEvaluationOptions,
  type VqaModel,
  type VqaRow,
} from './evaluateVqa';
export { readVqaFiles, type VqaFileContent, type VqaFiles } from './files';
export { gqaAccuracy, type GqaAnswer } from './gqa';
export { cleanPunctuation, cleanWords, flattenAnswer, normaliseAnswer } from './normaliseAnswer';
