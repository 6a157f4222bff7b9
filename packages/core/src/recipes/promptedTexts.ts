/**
 * Texts with a prompt before them, as a language model is fine-tuned to write them: `a photo of` and a caption,
 * `Question: … Answer:` and an answer. The prompt is given, what follows is judged.
 * B batch, L prompt tokens, T target tokens.
 */
import { padRows } from '../text';
import type { HostTensor } from '../checkpoints';
import type { FrozenLanguageModel } from '../data';

export interface PromptedText {
  prompt: string;
  answer: string;
}

/** Of a stage-2 batch: int32 [B, L] and [B, T]. */
export type PromptedBatch = Record<'promptIds' | 'promptMask' | 'targetIds' | 'targetMask', HostTensor>;

type Writer = Pick<FrozenLanguageModel, 'tower' | 'tokenizer'>;

/** Token ids of both. */
type Tokens = Record<keyof PromptedText, number[]>;

/** How a language model reads prompts and writes answers, each cut at `maxLength`. */
function tokensOf({ tower, tokenizer }: Writer, maxLength: number) {
  /** What a decoder-only model writes after its prompt: a space first, the end token last. */
  const continuation = (answer: string) => [
    ...tokenizer.encode(` ${answer}`, { addSpecialTokens: false }),
    tower.tokens.eos,
  ];
  const written =
    tower.architecture === 'decoder-only' ? continuation : (answer: string) => tokenizer.encode(answer);
  return {
    prompt: (text: string) => tokenizer.encode(text).slice(0, maxLength),
    answer: (text: string) => written(text).slice(0, maxLength),
  };
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
 * @param maxLength longest prompt, and longest answer, in tokens
 * @returns the batch of some examples and the text chosen of each: always of the same shapes
 */
export function promptedTexts(
  language: Writer,
  texts: readonly (readonly PromptedText[])[],
  maxLength: number,
): (examples: Int32Array, chosen: Int32Array) => PromptedBatch {
  const encode = tokensOf(language, maxLength);
  const [prompts, answers] = [remembered(encode.prompt), remembered(encode.answer)];
  const rows = texts.map((some) =>
    some.map(({ prompt, answer }) => ({ prompt: prompts.of(prompt), answer: answers.of(answer) })),
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
  maxLength: number,
  prompt?: string,
): (texts: readonly PromptedText[]) => PromptedBatch {
  const encode = tokensOf(language, maxLength);
  const lengths = {
    prompt: prompt === undefined ? maxLength : Math.max(1, encode.prompt(prompt).length),
    answer: maxLength,
  };
  return (texts) =>
    padded(
      language,
      texts.map((text) => ({ prompt: encode.prompt(text.prompt), answer: encode.answer(text.answer) })),
      lengths,
    );
}

/** Token ids by text: few texts come up many times. */
function remembered(encode: (text: string) => number[]) {
  const known = new Map<string, number[]>();
  return {
    of(text: string): number[] {
      if (!known.has(text)) known.set(text, encode(text));
      return known.get(text)!;
    },
    longest: () => [...known.values()].reduce((most, { length }) => Math.max(most, length), 1),
  };
}
