/** From a prompt to text: greedy search, beam search, sampling, conversation. */
export { Conversation, QUESTION_ANSWER, QUESTION_SHORT_ANSWER, type Turn } from './conversation';
export type { Generation } from './decoding';
export { LanguageModel, textOf, type TextEvent, type TextGeneration } from './languageModel';
export { parseGeneration, type GenerationConfig, type GenerationOptions } from './options';
export { TokenGenerator, type GenerateOptions, type TokenEvent, type TokenOptions } from './tokenGenerator';
