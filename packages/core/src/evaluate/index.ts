export {
  ranks,
  recall,
  rerank,
  topColumns,
  transpose,
  transposeRelevance,
  type Recall,
  type Relevance,
  type Scores,
} from './ranking';
export {
  evaluateRetrieval,
  textPool,
  type EncodedPool,
  type Retrieval,
  type RetrievalModel,
  type RetrievalOptions,
  type RetrievalRow,
} from './retrieval';
export { searchImages, type SearchHit, type SearchOptions, type SearchResult } from './search';
export {
  cleanPunctuation,
  cleanWords,
  flattenAnswer,
  gqaAccuracy,
  normaliseAnswer,
  questionAccuracy,
  readVqaFiles,
  vqaAccuracy,
  type GqaAnswer,
  type VqaFileContent,
  type VqaFiles,
  type VqaOptions,
  type VqaQuestion,
  type VqaResult,
  type VqaScorer,
  type VqaScores,
} from './vqa';
