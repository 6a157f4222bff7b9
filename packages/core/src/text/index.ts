export { cleanCaption, cleanQuestion } from './cleanup';
export { padRows, type EncodedBatch, type PaddingOptions } from './padding';
export { splitPrefix, type PrefixSplit } from './prefixSplit';
export { readTokenizerFolder, type TokenizerFolder } from './readDefinition';
export { type TextStream } from './textStream';
export { Tokenizer, type DecodeOptions, type EncodeBatchOptions, type EncodeOptions } from './tokenizer';
