/**
 * Texts with a prompt before them, as a language model is fine-tuned to write them: `a photo of` and a caption,
 * `Question: … Answer:` and an answer. The prompt is given, what follows is judged.
 * B batch, L prompt tokens, T target tokens.
 */
import { cleanCaption, padRows } from '../text';
import type { HostTensor } from '../checkpoints';
import type { FrozenLanguageModel } from '../data';

export interface PromptedText {
  prompt: string;
  answer: string;
}

/** Of a stage-2 batch: int32 [B, L] and [B, T]. */
export type PromptedBatch = Record<'promptIds' | 'promptMask' | 'targetIds' | 'targetMask', HostTensor>;

/**
 * @param texts of each example, those that may be chosen
 * @param maxLength longest prompt, and longest answer, in tokens
 * @returns the batch of some examples and the text chosen of each: always of the same shapes
 */
export function promptedTexts(
  { tower, tokenizer }: Pick<FrozenLanguageModel, 'tower' | 'tokenizer'>,
  texts: readonly (readonly PromptedText[])[],
  maxLength: number,
): (examples: Int32Array, chosen: Int32Array) => PromptedBatch {
  const { architecture, tokens } = tower;
  const goesOn = architecture === 'decoder-only';
  const prompts = remembered((prompt) => tokenizer.encode(prompt).slice(0, maxLength));
  const answers = remembered((answer) =>
    (goesOn ? continuation(answer) : tokenizer.encode(answer)).slice(0, maxLength),
  );
  /** What a decoder-only model writes after its prompt: a space first, the end token last. */
  const continuation = (answer: string) => [
    ...tokenizer.encode(` ${answer}`, { addSpecialTokens: false }),
    tokens.eos,
  ];
  const rows = texts.map((some) =>
    some.map(({ prompt, answer }) => ({
      prompt: prompts.of(prompt),
      answer: answers.of(cleanCaption(answer)),
    })),
  );
  const [promptLength, answerLength] = [prompts.longest(), answers.longest()];
  return (examples, chosen) => {
    const picked = Array.from(examples, (example, row) => rows[example][chosen[row]]);
    const { pad } = tokens;
    const prompt = padRows(
      picked.map((one) => one.prompt),
      { length: promptLength, pad, side: goesOn ? 'left' : 'right' },
    );
    const target = padRows(
      picked.map((one) => one.answer),
      { length: answerLength, pad },
    );
    return {
      promptIds: { shape: prompt.shape, data: prompt.ids },
      promptMask: { shape: prompt.shape, data: prompt.mask },
      targetIds: { shape: target.shape, data: target.ids },
      targetMask: { shape: target.shape, data: target.mask },
    };
  };
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
