/** BLEU, ROUGE-L, CIDEr-D and METEOR equal pycocoevalcap's, as it ran on fuzzed corpora (captionMetrics.json.gz). */
import { describe, expect, test } from 'vitest';
import { bleu, captionMetrics, cider, rougeL } from '../../../packages/core/src/evaluate';
import { findJars, JARS_VARIABLE } from '../../../packages/core/src/evaluate/caption/jars';
import { gzippedFixture } from './gzippedFixture';

interface Corpus {
  candidates: string[];
  references: string[][];
  /** Metric → of the corpus, of each image. */
  scores: Record<string, [number, number[]]>;
}

const fuzzed = gzippedFixture<{ tokens: Corpus[]; captions: Corpus[] }>('captionMetrics');
const TOLERANCE = 1e-6;

type Found = Record<string, { corpus: number; perImage: number[] }>;

/** The largest difference from the reference's scores, of corpora and images. */
function difference(expected: Corpus['scores'], found: Found): number {
  return Math.max(
    ...Object.entries(found).flatMap(([metric, { corpus, perImage }]) => {
      const [ofCorpus, ofImages] = expected[metric];
      expect(perImage).toHaveLength(ofImages.length);
      return [corpus - ofCorpus, ...perImage.map((score, i) => score - ofImages[i])].map(Math.abs);
    }),
  );
}

function computed({ candidates, references }: Corpus): Found {
  const { corpus, perImage } = bleu(candidates, references);
  return {
    ...Object.fromEntries(
      corpus.map((score, n) => [
        `BLEU-${n + 1}`,
        { corpus: score, perImage: perImage.map((image) => image[n]) },
      ]),
    ),
    'ROUGE-L': rougeL(candidates, references),
    CIDEr: cider(candidates, references),
  };
}

test('300 corpora of tokens', () => {
  expect(fuzzed.tokens).toHaveLength(300);
  const differences = fuzzed.tokens.map((corpus) => difference(corpus.scores, computed(corpus)));
  expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
});

test.each(fuzzed.captions.map((corpus, i) => [i, corpus] as const))(
  'corpus %i, from the captions on',
  async (_, { candidates, references, scores: expected }) => {
    const { scores, perImage } = await captionMetrics(candidates, references, { jars: '' });
    const found = Object.fromEntries(
      Object.entries(scores).map(([metric, corpus]) => [
        metric,
        { corpus: corpus as number, perImage: perImage.map((image) => image[metric as 'CIDEr']) },
      ]),
    );
    expect(Object.keys(found)).toEqual(['BLEU-1', 'BLEU-2', 'BLEU-3', 'BLEU-4', 'ROUGE-L', 'CIDEr']);
    expect(difference(expected, found)).toBeLessThan(TOLERANCE);
  },
);

test.skipIf(!findJars().meteor)(`METEOR, with the jars of ${JARS_VARIABLE}`, async () => {
  const {
    candidates,
    references,
    scores: expected,
  } = fuzzed.captions.find((corpus) => corpus.candidates.length > 4)!;
  const { scores, perImage } = await captionMetrics(candidates, references);
  const METEOR = { corpus: scores.METEOR!, perImage: perImage.map((image) => image.METEOR!) };
  expect(difference(expected, { METEOR })).toBeLessThan(TOLERANCE);
});

describe('by hand', () => {
  const candidates = ['a man on a horse', 'two dogs running in the snow', 'a plate of pasta'];
  const references = [
    ['a man rides a horse', 'a person on a brown horse'],
    ['two dogs play in the snow', 'dogs running on snow'],
    ['a plate of food on a table', 'a table with a plate of pasta'],
  ];

  test('three images', () => {
    const { corpus, perImage } = cider(candidates, references);
    expect(corpus).toBeCloseTo(3.3870018863199114, 12);
    [2.445642727, 3.245591716, 4.469771216].forEach((score, i) => expect(perImage[i]).toBeCloseTo(score, 8));
    const rouge = rougeL(candidates, references);
    expect(rouge.corpus).toBeCloseTo(0.7755050505050504, 12);
    [0.8, 0.833333333, 0.693181818].forEach((score, i) => expect(rouge.perImage[i]).toBeCloseTo(score, 8));
    const expected = [0.818730753, 0.747395503, 0.534203755, 0.379776131];
    bleu(candidates, references).corpus.forEach((score, n) => expect(score).toBeCloseTo(expected[n], 8));
  });

  test('of two references equally far in length, the shorter counts', () => {
    const shorter = bleu(['a b c d'], [['a b c', 'a b c d e']]).corpus[0];
    expect(shorter).toBeCloseTo(1, 6); // against the longer: exp(1 − 5/4)
  });

  test('one image alone: CIDEr is 0', () => {
    expect(cider(['a dog'], [['a dog']])).toEqual({ corpus: 0, perImage: [0] });
  });

  test('nothing said, nothing known: no NaN', () => {
    const [nothing, references] = [
      ['', ''],
      [[''], ['']],
    ];
    expect(cider(nothing, references).corpus).toBe(0);
    expect(rougeL(nothing, references).corpus).toBe(1); // one empty word each
    for (const score of bleu(nothing, references).corpus) expect(score).toBeLessThan(1e-3);
  });
});

test.each([
  ['no images', [], [], /no captions/],
  ['lists of different length', ['a', 'b'], [['a']], /2 captions, but references of 1 images/],
  ['an image without references', ['a', 'b'], [['a'], []], /Image 1 has no reference/],
] as const)('%s', async (_, predictions, references, message) => {
  await expect(captionMetrics(predictions, references)).rejects.toThrow(message);
});
