export { cleanCaption, cleanQuestion } from './cleanup';
export { Tokenizer, type EncodedBatch, type EncodeBatchOptions } from './tokenizer';
