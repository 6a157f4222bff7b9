/** CIDEr-D, which pycocoevalcap and the papers call CIDEr: how alike captions are in rare n-grams. */
import { mean, type ImageScores } from './imageScores';
import { countNgrams, type Ngrams } from './ngrams';

/** How fast a difference in length is punished. */
const SIGMA = 6;

/** `weights[n - 1]`: of each n-gram how often it occurs times how rare it is; `norms[n - 1]` their length. */
interface Weighted {
  weights: Map<string, number>[];
  norms: number[];
  /** Words less one: the reference's length is the number of bigrams. */
  bigrams: number;
}

function weigh({ words, counts }: Ngrams, rarity: (ngram: string) => number): Weighted {
  const weights = counts.map(
    (ofLength) => new Map(Array.from(ofLength, ([ngram, count]) => [ngram, count * rarity(ngram)])),
  );
  const norms = weights.map((ofLength) => {
    let sum = 0;
    for (const weight of ofLength.values()) sum += weight ** 2;
    return Math.sqrt(sum);
  });
  return { weights, norms, bigrams: Math.max(0, words - 1) };
}

/** Mean over n of the clipped cosines. */
function similarity(candidate: Weighted, reference: Weighted): number {
  const difference = candidate.bigrams - reference.bigrams;
  const penalty = Math.exp(-(difference ** 2) / (2 * SIGMA ** 2));
  return mean(
    candidate.weights.map((weights, n) => {
      let product = 0;
      for (const [ngram, weight] of weights) {
        const other = reference.weights[n].get(ngram) ?? 0;
        product += Math.min(weight, other) * other;
      }
      const norms = candidate.norms[n] * reference.norms[n];
      return norms === 0 ? 0 : (product / norms) * penalty;
    }),
  );
}

/**
 * Mean over images, 0 to 10. How rare an n-gram is, the references of these very images tell: scores of different sets
 * of images do not compare, and one image alone always has 0.
 * @param candidates one caption per image, as `ptbTokenize` leaves it
 * @param references of each image at least one
 */
export function cider(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): ImageScores {
  const counted = references.map((captions) => captions.map(countNgrams));
  const images = new Map<string, number>(); // n-gram → of how many images a reference has it
  for (const captions of counted) {
    const seen = new Set(
      captions.flatMap(({ counts }) => counts.flatMap((ofLength) => [...ofLength.keys()])),
    );
    for (const ngram of seen) images.set(ngram, (images.get(ngram) ?? 0) + 1);
  }
  const rarity = (ngram: string) => Math.log(candidates.length) - Math.log(images.get(ngram) ?? 1);

  const perImage = candidates.map((candidate, i) => {
    const weighted = weigh(countNgrams(candidate), rarity);
    return 10 * mean(counted[i].map((reference) => similarity(weighted, weigh(reference, rarity))));
  });
  return { corpus: mean(perImage), perImage };
}
