/** BLEU-1 to BLEU-4 as pycocoevalcap has it: corpus level, closest reference length, no smoothing but two tiny numbers. */
import { countNgrams, LONGEST, type Ngrams } from './ngrams';

/** Keep a quotient of nothing by nothing at about zero. */
const TINY = 1e-15;
const SMALL = 1e-9;

/** BLEU-1 to BLEU-4. */
export interface BleuScores {
  /** `corpus[n - 1]`: BLEU-n, 0 to 1. */
  corpus: number[];
  /** The same of each image alone. */
  perImage: number[][];
}

/** What BLEU is computed from; of several images, the sum. */
interface Statistics {
  length: number;
  /** Of the reference that is closest in length, of two equally close ones the shorter. */
  referenceLength: number;
  /** `matches[n - 1]` of `guesses[n - 1]` n-grams are in a reference, none more often than it is there. */
  matches: number[];
  guesses: number[];
}

function statistics(candidate: Ngrams, references: readonly Ngrams[]): Statistics {
  const distance = ({ words }: Ngrams) => Math.abs(words - candidate.words);
  const [closest] = [...references].sort((a, b) => distance(a) - distance(b) || a.words - b.words);
  const matches = candidate.counts.map((counts, n) => {
    let sum = 0;
    for (const [ngram, count] of counts) {
      sum += Math.min(count, Math.max(...references.map((reference) => reference.counts[n].get(ngram) ?? 0)));
    }
    return sum;
  });
  const guesses = matches.map((_, n) => Math.max(0, candidate.words - n));
  return { length: candidate.words, referenceLength: closest.words, matches, guesses };
}

function sum(all: readonly Statistics[]): Statistics {
  const add = (a: number[], b: number[]) => a.map((value, n) => value + b[n]);
  return all.reduce((a, b) => ({
    length: a.length + b.length,
    referenceLength: a.referenceLength + b.referenceLength,
    matches: add(a.matches, b.matches),
    guesses: add(a.guesses, b.guesses),
  }));
}

/** Geometric mean of the precisions up to n, times a penalty for what is shorter than its references. */
function score({ length, referenceLength, matches, guesses }: Statistics): number[] {
  const ratio = (length + TINY) / (referenceLength + SMALL);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return Array.from({ length: LONGEST }, (_, n) => {
    product *= (matches[n] + TINY) / (guesses[n] + SMALL);
    return product ** (1 / (n + 1)) * penalty;
  });
}

/**
 * @param candidates one caption per image, as `ptbTokenize` leaves it
 * @param references of each image at least one
 */
export function bleu(candidates: readonly string[], references: readonly (readonly string[])[]): BleuScores {
  const all = candidates.map((candidate, i) =>
    statistics(countNgrams(candidate), references[i].map(countNgrams)),
  );
  return { corpus: score(sum(all)), perImage: all.map(score) };
}
