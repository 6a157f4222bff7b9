export * from './shapes';
export { encodePng } from './png';
export { bertTokenizer, type TokenizerFiles } from './bertTokenizer';
export { splitWords, trainWordPiece } from './wordpiece';
