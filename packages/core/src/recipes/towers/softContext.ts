/**
 * Contexts as no words are: a language model that has only seen exact words cannot read soft prompts. So some documents
 * come blurred, each word with some of its neighbours, and some as soft prompts may be: a handful of vectors in any
 * order, each of which says one thing in the words of its phrase, all at once.
 *
 * P prompt tokens.
 */
import type { Random } from '@blip2/datasets';

/** A position of a prompt: which of its tokens it reads, with what weight, and how noisy (1: as large as a word). */
export interface Position {
  reads: readonly (readonly [token: number, weight: number])[];
  noise: number;
}

/** Shares of the documents. */
export interface ContextShares {
  blurred: number;
  soft: number;
}

/** Vectors of a soft context: as many as the queries. */
const VECTORS = 8;
const NOISE = 0.8;

/** Positions that read a prompt as it is. */
export const plainly = (length: number): Position[] =>
  Array.from({ length }, (_, token) => ({ reads: [[token, 1]], noise: 0 }));

/**
 * How a prompt is read: its context plainly, blurred or as soft prompts, all else plainly.
 *
 * @param context where the context is: from its first token to before `end`
 */
export function readPrompt(
  prompt: readonly number[],
  context: { start: number; end: number },
  shares: ContextShares,
  endsPhrase: (token: number) => boolean,
  random: Random,
): Position[] {
  const plain = plainly(prompt.length);
  const lot = random.unit();
  if (lot >= shares.blurred + shares.soft) return plain;
  const words = Array.from({ length: context.end - context.start }, (_, i) => context.start + i);
  const read =
    lot < shares.blurred ? blurred(words, random) : softened(phrases(words, prompt, endsPhrase), random);
  return [...plain.slice(0, context.start), ...read, ...plain.slice(context.end)];
}

/** Words scaled by 0.6 to 1.4, with up to 0.7 of their neighbours. */
function blurred(words: readonly number[], random: Random): Position[] {
  const amount = random.unit();
  const last = words.length - 1;
  return words.map((word, i) => {
    const scale = random.between(0.6, 1.4);
    const some = () => scale * random.between(0, 0.7) * amount;
    const before = i > 0 ? [[words[i - 1], some()] as const] : [];
    const after = i < last ? [[words[i + 1], some()] as const] : [];
    return { reads: [[word, scale], ...before, ...after], noise: NOISE * amount };
  });
}

/** Each vector has one phrase's words and a little of all others'; no phrase is left out. */
function softened(said: readonly (readonly number[])[], random: Random): Position[] {
  const amount = random.unit();
  const own = Array.from({ length: VECTORS }, (_, i) => (i < said.length ? i : random.below(said.length)));
  return random.sample(own, VECTORS).map((main) => {
    const weights = said.flatMap((phrase, i) =>
      phrase.map((word) => {
        const weight = i === main ? random.between(0.3, 1.3) : random.between(0, 0.4) * amount;
        return [word, weight] as const;
      }),
    );
    const norm = Math.hypot(...weights.map(([, weight]) => weight)) / random.between(0.6, 1.4);
    return { reads: weights.map(([word, weight]) => [word, weight / norm] as const), noise: NOISE * amount };
  });
}

/** Words up to the end of a phrase, and so on; what comes after the last end belongs to its phrase. */
function phrases(
  words: readonly number[],
  prompt: readonly number[],
  endsPhrase: (token: number) => boolean,
): number[][] {
  const said: number[][] = [[]];
  const lastEnd = words.map((word) => endsPhrase(prompt[word])).lastIndexOf(true);
  words.forEach((word, i) => {
    said.at(-1)!.push(word);
    if (endsPhrase(prompt[word]) && i < lastEnd) said.push([]);
  });
  return said;
}
