/**
 * Trains a small byte-level BPE vocabulary, as GPT-2's (Sennrich et al., 2016; Radford et al., 2019).
 *
 * Texts are cut into words that keep the space before them, words into the bytes of UTF-8, each written as one visible
 * character; the most frequent pair of neighbours is merged again and again. All 256 bytes stay: nothing is unknown.
 */
import { wordCounts } from './tokenizerFiles';

/** What was learned: the tokens, and the merges that make them. */
export interface BytePairs {
  /** The 256 bytes, then what merging made of them, in that order. */
  pieces: string[];
  merges: [string, string][];
}

const WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Bytes that Latin-1 shows stand for themselves, the others get the characters from U+0100 on: a space is "Ġ". */
const BYTE_CHARACTERS = (() => {
  const isVisible = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte < 0xad) || byte > 0xad;
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden++),
  );
})();

/** Words as GPT-2 cuts them, each as its bytes: `a red` → `a`, `Ġred`. */
export function splitByteWords(text: string): string[] {
  return (text.match(WORDS) ?? []).map((word) =>
    Array.from(new TextEncoder().encode(word), (byte) => BYTE_CHARACTERS[byte]).join(''),
  );
}

/**
 * @param texts what the vocabulary is for
 * @param maxMerges merging stops here at the latest; it stops by itself when every word is one piece
 */
export function trainBytePairs(texts: Iterable<string>, maxMerges: number): BytePairs {
  const words = wordCounts(texts, splitByteWords).map(([word, count]) => ({ pieces: [...word], count }));
  const merges: [string, string][] = [];
  while (merges.length < maxMerges) {
    const pair = mostFrequentPair(words);
    if (!pair) break;
    for (const word of words) word.pieces = mergeIn(word.pieces, pair);
    merges.push(pair);
  }
  // Two merges may make the same piece.
  return { pieces: [...new Set([...BYTE_CHARACTERS, ...merges.map(([a, b]) => a + b)])], merges };
}

/** Of equally frequent ones the first in the alphabet. */
function mostFrequentPair(
  words: readonly { pieces: string[]; count: number }[],
): [string, string] | undefined {
  const counts = new Map<string, number>();
  for (const { pieces, count } of words) {
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = `${pieces[i]} ${pieces[i + 1]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | undefined;
  let most = 0;
  for (const [pair, count] of counts) {
    if (count > most || (count === most && pair < (best as string))) [best, most] = [pair, count];
  }
  return best?.split(' ') as [string, string] | undefined;
}

function mergeIn(pieces: readonly string[], [a, b]: readonly [string, string]): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === a && pieces[i + 1] === b) {
      result.push(a + b);
      i++;
    } else {
      result.push(pieces[i]);
    }
  }
  return result;
}
