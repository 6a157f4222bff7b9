/** Texts padded to few lengths, so that few are compiled. B texts, L tokens. */
import { tf } from '../runtime';
import type { EncodedBatch, Tokenizer } from '../text';
import type { LanguageTower, Text } from '../models';

/** Lengths are multiples of this. */
export const LENGTH_STEP = 8;

export const paddedTo = (length: number, most = Infinity): number =>
  Math.min(Math.ceil(length / LENGTH_STEP) * LENGTH_STEP, most);

/** Longest text in tokens, rounded up. */
export function paddedLength(tokenizer: Tokenizer, texts: readonly string[], most = Infinity): number {
  const longest = texts.reduce((length, text) => Math.max(length, tokenizer.encode(text).length), 1);
  return paddedTo(longest, most);
}

/** On which side the prompts of a language model are padded. */
export const promptPadding = ({ architecture }: Pick<LanguageTower, 'architecture'>) =>
  architecture === 'decoder-only' ? 'left' : 'right';

/** int32 [B, L] */
export const textTensors = ({ ids, mask, shape }: EncodedBatch): Text => ({
  ids: tf.tensor2d(ids, shape, 'int32'),
  mask: tf.tensor2d(mask, shape, 'int32'),
});
