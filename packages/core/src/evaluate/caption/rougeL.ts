/** ROUGE-L as pycocoevalcap has it: the longest common subsequence, recall weighing more than precision. */
import { mean, type ImageScores } from './imageScores';

const BETA = 1.2;

function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  // lengths[j]: of the part of a so far with the first j of b
  let lengths = new Uint32Array(b.length + 1);
  for (const word of a) {
    const next = new Uint32Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      next[j] = word === b[j - 1] ? lengths[j - 1] + 1 : Math.max(lengths[j], next[j - 1]);
    }
    lengths = next;
  }
  return lengths[b.length];
}

/** The best precision and the best recall may come from two references. */
function score(candidate: string, references: readonly string[]): number {
  const words = candidate.split(' ');
  const common = references.map((reference) => {
    const others = reference.split(' ');
    const length = longestCommonSubsequence(words, others);
    return { precision: length / words.length, recall: length / others.length };
  });
  const precision = Math.max(...common.map((one) => one.precision));
  const recall = Math.max(...common.map((one) => one.recall));
  if (precision === 0 || recall === 0) return 0;
  return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
}

/**
 * Mean over images, 0 to 1. An empty caption is one empty word, which only another empty caption has.
 * @param candidates one caption per image, as `ptbTokenize` leaves it
 * @param references of each image at least one
 */
export function rougeL(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): ImageScores {
  const perImage = candidates.map((candidate, i) => score(candidate, references[i]));
  return { corpus: mean(perImage), perImage };
}
