/** From a prompt to text: search, sampling, conversation. */
export type { Generation } from './decoding';
export { parseGeneration, type GenerationConfig, type GenerationOptions } from './options';
export { TokenGenerator, type GenerateOptions, type TokenEvent, type TokenOptions } from './tokenGenerator';
