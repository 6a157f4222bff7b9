/**
 * Trains a small WordPiece vocabulary.
 *
 * Words start as letters ("c", "##a", "##t"); the pair of neighbouring pieces with the highest
 * count(ab) / (count(a) · count(b)) is merged again and again (Schuster & Nakajima, 2012, as approximated in the
 * Hugging Face course, chapter 6.6). All single letters stay, so that words never seen are still split.
 */
import { wordCounts } from './tokenizerFiles';

interface Word {
  pieces: string[];
  count: number;
}

/** Lower-cased words and single punctuation marks, as BERT's pre-tokenizer splits plain English. */
export function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+|[^\sa-z0-9]/g) ?? [];
}

/**
 * @param texts what the vocabulary is for
 * @param alphabet characters that must be covered in any case, each alone and as a continuation ("##a")
 * @param maxPieces merging stops here at the latest; it stops by itself when every word is one piece
 * @returns the pieces, in the order in which they came to be
 */
export function trainWordPiece(texts: Iterable<string>, alphabet: string, maxPieces: number): string[] {
  const words: Word[] = wordCounts(texts, splitWords).map(([word, count]) => ({
    pieces: [...word].map((c, i) => (i === 0 ? c : `##${c}`)),
    count,
  }));

  const vocabulary = new Set<string>();
  for (const character of alphabet) vocabulary.add(character);
  for (const character of alphabet) if (/[a-z0-9]/.test(character)) vocabulary.add(`##${character}`);
  for (const { pieces } of words) for (const piece of pieces) vocabulary.add(piece);

  while (vocabulary.size < maxPieces) {
    const pair = bestPair(words);
    if (!pair) break;
    const merged = pair[0] + pair[1].slice(2);
    for (const word of words) word.pieces = mergeIn(word.pieces, pair, merged);
    vocabulary.add(merged);
  }
  return [...vocabulary];
}

function bestPair(words: readonly Word[]): [string, string] | undefined {
  const single = new Map<string, number>();
  const paired = new Map<string, { pair: [string, string]; count: number }>();
  for (const { pieces, count } of words) {
    pieces.forEach((piece, i) => {
      single.set(piece, (single.get(piece) ?? 0) + count);
      const next = pieces[i + 1];
      if (next === undefined) return;
      const entry = paired.get(`${piece} ${next}`) ?? { pair: [piece, next], count: 0 };
      entry.count += count;
      paired.set(`${piece} ${next}`, entry);
    });
  }
  let best: [string, string] | undefined;
  let bestScore = 0;
  for (const { pair, count } of paired.values()) {
    const score = count / ((single.get(pair[0]) as number) * (single.get(pair[1]) as number));
    if (score > bestScore) [best, bestScore] = [pair, score];
  }
  return best;
}

function mergeIn(pieces: readonly string[], [a, b]: [string, string], merged: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === a && pieces[i + 1] === b) {
      result.push(merged);
      i++;
    } else {
      result.push(pieces[i]);
    }
  }
  return result;
}
