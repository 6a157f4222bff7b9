export { cleanCaption, cleanQuestion } from './cleanup';
export { splitPrefix, type PrefixSplit } from './prefixSplit';
export { type TextStream } from './textStream';
export {
  Tokenizer,
  type DecodeOptions,
  type EncodedBatch,
  type EncodeBatchOptions,
  type EncodeOptions,
} from './tokenizer';
