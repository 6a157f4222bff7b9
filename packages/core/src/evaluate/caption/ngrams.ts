/** n-grams of one to four words, counted: what BLEU and CIDEr are made of. */
import { splitWords } from '../vqa/python';

/** The longest n-gram. */
export const LONGEST = 4;

/** `counts[n - 1]`: how often each n-gram occurs; its words are joined by spaces. */
export interface Ngrams {
  words: number;
  counts: Map<string, number>[];
}

export function countNgrams(caption: string): Ngrams {
  const words = splitWords(caption);
  const counts = Array.from({ length: LONGEST }, () => new Map<string, number>());
  counts.forEach((ofLength, n) => {
    for (let at = 0; at + n < words.length; at++) {
      const ngram = words.slice(at, at + n + 1).join(' ');
      ofLength.set(ngram, (ofLength.get(ngram) ?? 0) + 1);
    }
  });
  return { words: words.length, counts };
}
