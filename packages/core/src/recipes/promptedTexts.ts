/**
 * Texts with a prompt before them, as a language model is fine-tuned to write them: `a photo of` and a caption,
 * `Question: … Answer:` and an answer. The prompt is given, what follows is judged.
 * B batch, L prompt tokens, T target tokens.
 */
import { padRows } from '../text';
import type { HostTensor } from '../checkpoints';
import type { FrozenLanguageModel } from '../data';
import { wrongOption } from './errors';

/** What is written, and what was asked, if anything was. */
export interface PromptedText {
  question?: string;
  answer: string;
}

export interface PromptOptions {
  /** What stands before an answer: that of its question, or the same before all. */
  prompt: string | ((question: string) => string);
  /** Longest prompt, and longest answer, in tokens. */
  maxLength: number;
}

/** Of a stage-2 batch: int32 [B, L] and [B, T]. */
export type PromptedBatch = Record<'promptIds' | 'promptMask' | 'targetIds' | 'targetMask', HostTensor>;

type Writer = Pick<FrozenLanguageModel, 'tower' | 'tokenizer'>;

/** Token ids of both. */
type Tokens = Record<'prompt' | 'answer', number[]>;

/** How a language model reads prompts and writes answers, neither longer than `maxLength`. */
function tokensOf({ tower, tokenizer }: Writer, { maxLength, prompt }: PromptOptions) {
  /** What a decoder-only model writes after its prompt: a space first, the end token last. */
  const continuation = (answer: string) => [
    ...tokenizer.encode(` ${answer}`, { addSpecialTokens: false }),
    tower.tokens.eos,
  ];
  const written =
    tower.architecture === 'decoder-only' ? continuation : (answer: string) => tokenizer.encode(answer);
  return {
    prompt: (question = '') =>
      withinLength(question, maxLength, (part) =>
        tokenizer.encode(typeof prompt === 'string' ? prompt : prompt(part)),
      ),
    answer: (text: string) => written(text).slice(0, maxLength),
  };
}

/**
 * The tokens of a prompt. Where they are too many the question loses its end, not the prompt: "Answer:" is what the model
 * is to go on from. (LAVIS cuts the prompts of OPT wherever the length ends, those of FlanT5 nowhere.)
 * @throws Blip2Error if what stands around the question is too long by itself
 */
function withinLength(question: string, maxLength: number, encode: (question: string) => number[]): number[] {
  const whole = encode(question);
  if (whole.length <= maxLength) return whole;
  const letters = [...question];
  const beginning = (count: number) => encode(letters.slice(0, count).join('').trimEnd());
  let [most, tooMany] = [0, letters.length];
  let found = beginning(most);
  if (found.length > maxLength) {
    const what = `the prompt has ${found.length} tokens before any question`;
    throw wrongOption('fine-tuning', 'maxTextLength', what, 'Raise it, or shorten the prompt.');
  }
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1;
    const tokens = beginning(middle);
    if (tokens.length > maxLength) tooMany = middle;
    else [most, found] = [middle, tokens];
  }
  return found;
}

/** @param lengths L and T */
function padded(
  { tower }: Writer,
  rows: readonly Tokens[],
  lengths: Record<keyof Tokens, number>,
): PromptedBatch {
  const { architecture, tokens } = tower;
  const { pad } = tokens;
  const prompt = padRows(
    rows.map((one) => one.prompt),
    { length: lengths.prompt, pad, side: architecture === 'decoder-only' ? 'left' : 'right' },
  );
  const target = padRows(
    rows.map((one) => one.answer),
    { length: lengths.answer, pad },
  );
  return {
    promptIds: { shape: prompt.shape, data: prompt.ids },
    promptMask: { shape: prompt.shape, data: prompt.mask },
    targetIds: { shape: target.shape, data: target.ids },
    targetMask: { shape: target.shape, data: target.mask },
  };
}

/**
 * @param texts of each example, those that may be chosen
 * @returns the batch of some examples and the text chosen of each: always of the same shapes
 */
export function promptedTexts(
  language: Writer,
  texts: readonly (readonly PromptedText[])[],
  options: PromptOptions,
): (examples: Int32Array, chosen: Int32Array) => PromptedBatch {
  const encode = tokensOf(language, options);
  const [prompts, answers] = [remembered(encode.prompt), remembered(encode.answer)];
  const rows = texts.map((some) =>
    some.map(({ question, answer }) => ({ prompt: prompts.of(question), answer: answers.of(answer) })),
  );
  const lengths = { prompt: prompts.longest(), answer: answers.longest() };
  return (examples, chosen) =>
    padded(
      language,
      Array.from(examples, (example, row) => rows[example][chosen[row]]),
      lengths,
    );
}

/**
 * The same of texts that are not known beforehand, all padded to `maxLength`; or to the length of the one prompt that
 * stands before all of them.
 */
export function streamedPrompts(
  language: Writer,
  options: PromptOptions,
): (texts: readonly PromptedText[]) => PromptedBatch {
  const { prompt, maxLength } = options;
  const encode = tokensOf(language, options);
  const lengths = {
    prompt: typeof prompt === 'string' ? Math.max(1, encode.prompt().length) : maxLength,
    answer: maxLength,
  };
  return (texts) =>
    padded(
      language,
      texts.map(({ question, answer }) => ({
        prompt: encode.prompt(question),
        answer: encode.answer(answer),
      })),
      lengths,
    );
}

/** Token ids by text: few texts come up many times. */
function remembered(encode: (text: string) => number[]) {
  const known = new Map<string, number[]>();
  return {
    of(text = ''): number[] {
      if (!known.has(text)) known.set(text, encode(text));
      return known.get(text)!;
    },
    longest: () => [...known.values()].reduce((most, { length }) => Math.max(most, length), 1),
  };
}
