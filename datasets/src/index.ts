export * from './shapes';
export { encodePng } from './png';
export { bertTokenizer } from './bertTokenizer';
export { type BytePairs, splitByteWords, trainBytePairs } from './bytePairs';
export { optTokenizer } from './optTokenizer';
export { t5Tokenizer } from './t5Tokenizer';
export { type TokenizerFiles } from './tokenizerFiles';
export { type ScoredPiece, splitMarkedWords, trainUnigram } from './unigram';
export { splitWords, trainWordPiece } from './wordpiece';
