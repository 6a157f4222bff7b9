/** What a language model is given beside the image, and how its text is searched for, unless the caller says otherwise. */
import { cleanQuestion } from '../text';
import type { Blip2 } from '../models';
import { QUESTION_ANSWER, QUESTION_SHORT_ANSWER, type GenerationOptions } from '../generate';

/** The paper's for answers (section 4.1): beams of 5, short answers preferred. LAVIS prefers them of FlanT5 only. */
export const ANSWER: GenerationOptions = { numBeams: 5, lengthPenalty: -1, maxNewTokens: 10 };
/** LAVIS's defaults for captions. */
export const CAPTION: GenerationOptions = { numBeams: 5, maxNewTokens: 30 };

/**
 * How captions begin where an encoder-decoder writes them that was not fine-tuned to. In stage 2 its captions are parted
 * after their first word at the earliest (`splitPrefix`), so it never learns to write that word: without a prompt
 * FlanT5-XL says "woman playing with dog on the beach".
 */
export const CAPTION_START = 'a';

/** What a caption goes on from: `prompt`, or that of fine-tuning. `isBegun`: it has been given its first word instead. */
export function captionPrompt(
  { language, prompts }: Pick<Blip2, 'language' | 'prompts'>,
  prompt?: string,
): { before: string; isBegun: boolean } {
  const given = prompt ?? prompts?.caption;
  const isBegun = given === undefined && language.architecture === 'encoder-decoder';
  return { before: isBegun ? CAPTION_START : (given ?? ''), isBegun };
}

/** A question in the template that the model was fine-tuned with, or else the paper's for the kind of language model. */
export function questionPrompt(
  { language, prompts }: Pick<Blip2, 'language' | 'prompts'>,
  question: string,
): string {
  const zeroShot = language.architecture === 'decoder-only' ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;
  return (prompts?.question ?? zeroShot).replace('{}', () => cleanQuestion(question));
}

/** What the caller says, over what holds otherwise. Draws know no beams: of those only the length is taken over. */
export function withDefaults(defaults: GenerationOptions, options: GenerationOptions): GenerationOptions {
  const { maxNewTokens } = defaults;
  const said = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return options.doSample ? { maxNewTokens, ...said } : { ...defaults, ...said };
}
