export { cleanCaption, cleanQuestion } from './cleanup';
export { type TextStream } from './textStream';
export {
  Tokenizer,
  type DecodeOptions,
  type EncodedBatch,
  type EncodeBatchOptions,
  type EncodeOptions,
} from './tokenizer';
