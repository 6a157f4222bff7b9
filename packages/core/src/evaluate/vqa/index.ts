export {
  questionAccuracy,
  vqaAccuracy,
  type VqaOptions,
  type VqaQuestion,
  type VqaResult,
  type VqaScorer,
  type VqaScores,
} from './accuracy';
export { readVqaFiles, type VqaFileContent, type VqaFiles } from './files';
export { gqaAccuracy, type GqaAnswer } from './gqa';
export { cleanPunctuation, cleanWords, flattenAnswer, normaliseAnswer } from './normaliseAnswer';
