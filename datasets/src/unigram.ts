/**
 * Trains a small Unigram vocabulary (Kudo, 2018), as sentencepiece does.
 *
 * A word's probability is the sum over all ways to cut it into pieces of the product of the pieces' probabilities.
 * From many substrings to begin with, expectation maximisation fits the probabilities, and the pieces without which
 * the words would lose least are dropped, again and again, until as many are left as asked for.
 */
import { bestCut, expectedCounts, type Scores } from './unigramCuts';
import { wordCounts } from './tokenizerFiles';

/** A piece and the logarithm of its probability. */
export type ScoredPiece = [piece: string, score: number];

/** The mark that stands for the space before a word. */
const SPACE = '▁';
/** One kind of characters only, with or without the mark: words, numbers and punctuation do not share pieces. */
const PIECE = /^(?:▁|▁?(?:\p{L}+|\p{N}+|[^\p{L}\p{N}▁]+))$/u;
const LONGEST_PIECE = 16;
const SEED_PIECES = 10_000;
/** Of expectation maximisation, before each pruning. */
const ROUNDS = 2;
/** Each pruning keeps this share. */
const SHRINKING = 0.75;
/** Pieces that are expected less often than this go. */
const RAREST = 0.5;

/** Words cut at white space, each with the mark in front: `a red` → `▁a`, `▁red`. */
export function splitMarkedWords(text: string): string[] {
  return (text.match(/\S+/g) ?? []).map((word) => SPACE + word);
}

/**
 * @param texts what the vocabulary is for
 * @param alphabet characters that must be covered in any case, besides those of the texts
 * @param size how many pieces to end with
 * @returns pieces, the most probable first
 * @throws RangeError if the characters alone are more than `size`
 */
export function trainUnigram(texts: Iterable<string>, alphabet: string, size: number): ScoredPiece[] {
  const words = wordCounts(texts, splitMarkedWords);
  const characters = new Set([SPACE, ...alphabet, ...words.flatMap(([word]) => [...word])]);
  if (characters.size > size) {
    throw new RangeError(`trainUnigram: ${characters.size} characters do not fit into ${size} pieces`);
  }
  let scores = seed(words);
  for (;;) {
    for (let round = 0; round < ROUNDS; round++) scores = maximise(expectedCounts(words, scores));
    // Characters that pruning spared are added at the end, so aim a little higher, as sentencepiece does.
    if (scores.size <= size * 1.1) break;
    scores = prune(words, scores, Math.max(Math.floor(size * 1.1), Math.floor(scores.size * SHRINKING)));
  }
  return finish(scores, characters, size);
}

/** Single characters, and the substrings that cover most of the text. */
function seed(words: readonly [string, number][]): Scores {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    const characters = [...word];
    for (let start = 0; start < characters.length; start++) {
      for (let end = start + 1; end <= Math.min(start + LONGEST_PIECE, characters.length); end++) {
        const piece = characters.slice(start, end).join('');
        if (PIECE.test(piece)) counts.set(piece, (counts.get(piece) ?? 0) + count);
      }
    }
  }
  const single = [...counts].filter(([piece]) => isCharacter(piece));
  const longer = [...counts]
    .filter(([piece, count]) => !isCharacter(piece) && count > 1)
    .map(([piece, count]): [string, number] => [piece, count * [...piece].length]);
  const kept = [...single, ...byValue(longer).slice(0, SEED_PIECES)];
  const total = Math.log(kept.reduce((sum, [, count]) => sum + count, 0));
  return new Map(kept.map(([piece, count]) => [piece, Math.log(count) - total]));
}

/**
 * Scores from expected counts; the digamma function favours few pieces (a Dirichlet prior, sentencepiece). Rare pieces
 * go, characters stay: without them longer pieces would have no substitute.
 */
function maximise(counts: ReadonlyMap<string, number>): Scores {
  const kept = [...counts]
    .filter(([piece, count]) => count >= RAREST || isCharacter(piece))
    .map(([piece, count]): [string, number] => [piece, Math.max(count, RAREST)]);
  const total = digamma(kept.reduce((sum, [, count]) => sum + count, 0));
  return new Map(kept.map(([piece, count]) => [piece, digamma(count) - total]));
}

/** Keeps what the likelihood would suffer most from losing, and the characters, which can be cut no further. */
function prune(words: readonly [string, number][], scores: Scores, size: number): Scores {
  const used = new Map<string, number>();
  for (const [word, count] of words) {
    for (const piece of bestCut(word, scores)) used.set(piece, (used.get(piece) ?? 0) + count);
  }
  const total = [...used.values()].reduce((sum, count) => sum + count, 0);
  const characters: string[] = [];
  const losses: [string, number][] = [];
  for (const piece of scores.keys()) {
    const substitute = bestCut(piece, scores, piece);
    if (substitute.length === 0) characters.push(piece);
    else losses.push([piece, lossWithout(piece, substitute, used, total)]);
  }
  const kept = byValue(losses.filter(([, loss]) => loss > 0))
    .slice(0, Math.max(0, size - characters.length))
    .map(([piece]) => piece);
  return new Map([...characters, ...kept].map((piece) => [piece, scores.get(piece) as number]));
}

/** By how much the mean log-likelihood of the words' pieces falls when others stand in for one. */
function lossWithout(
  piece: string,
  substitute: readonly string[],
  used: ReadonlyMap<string, number>,
  total: number,
): number {
  const count = used.get(piece) ?? 0;
  if (count === 0) return 0;
  const newTotal = Math.log(total + count * (substitute.length - 1));
  const before = Math.log(count) - Math.log(total);
  const after = substitute
    .map((part) => Math.log((used.get(part) ?? 0) + count) - newTotal)
    .reduce((sum, score) => sum + score, 0);
  return (count / total) * (before - after);
}

/** All characters, and the most probable other pieces; scores rounded, so that every machine writes the same file. */
function finish(scores: Scores, characters: ReadonlySet<string>, size: number): ScoredPiece[] {
  const lowest = Math.min(...scores.values());
  let unseen = 0;
  const single = [...characters].sort().map((character): [string, number] => {
    // Characters without a score get different ones, all lower than the others'.
    return [character, scores.get(character) ?? lowest - 0.0001 * ++unseen];
  });
  const longer = byValue([...scores].filter(([piece]) => !characters.has(piece)));
  const kept = byValue([...single, ...longer.slice(0, size - single.length)]);
  return kept.map(([piece, score]) => [piece, Math.round(score * 1e4) / 1e4]);
}

function isCharacter(piece: string): boolean {
  return [...piece].length === 1;
}

/** Largest values first, equal ones in the alphabet's order. */
function byValue(entries: readonly [string, number][]): [string, number][] {
  return [...entries].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** The logarithmic derivative of the gamma function, for x > 0. */
function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 7; at++) shift -= 1 / at;
  const square = 1 / (at - 0.5) ** 2;
  // Expansion around the half (Abramowitz & Stegun 6.3.18 shifted), as sentencepiece has it.
  const series = square * (1 / 24 - square * (7 / 960 - square * (31 / 8064 - (square * 127) / 30720)));
  return shift + Math.log(at - 0.5) + series;
}
