/** Texts beside the queries, in the Q-Former's tokens. B texts, N tokens. */
import { Blip2Error } from '../runtime';
import { cleanQuestion, type EncodedBatch } from '../text';
import { tokenNames } from '../attention';
import type { ImageTextParts } from './imageTextGenerator';
import { paddedLength } from './paddedText';

/** Cleaned and padded alike. @throws Blip2Error if the queries never see a question */
export function encodeQuestions(
  { questionTokenizer: tokenizer, model }: Pick<ImageTextParts, 'questionTokenizer' | 'model'>,
  questions: readonly string[],
): EncodedBatch & { names: string[][] } {
  if (!tokenizer) {
    throw new Blip2Error('The queries of this BLIP-2 read the image alone', {
      hint: 'Leave the text out, or take a model that was fine-tuned for questions with them beside its queries.',
      exitCode: 2,
    });
  }
  const texts = questions.map((question) => cleanQuestion(question));
  const maxLength = paddedLength(tokenizer, texts, model.qformer.maxPositionEmbeddings);
  const encoded = tokenizer.encodeBatch(texts, { maxLength });
  return { ...encoded, names: realTokens(encoded).map((ids) => tokenNames(tokenizer, ids)) };
}

/** The ids of each text, without padding. */
export function realTokens({ ids, mask, shape: [texts, length] }: EncodedBatch): Int32Array[] {
  return Array.from({ length: texts }, (_, row) => {
    const at = row * length;
    return ids.slice(at, at + length).filter((_id, t) => mask[at + t] === 1);
  });
}
