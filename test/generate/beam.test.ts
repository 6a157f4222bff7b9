/** Beam search: hypotheses against exhaustive search and plain arithmetic, and each rule on made-up scores. */
import { describe, expect, test } from 'vitest';
import { parseGeneration, TokenGenerator, type GenerationOptions } from '../../packages/core/src/generate';
import { BeamSearch, candidateCount } from '../../packages/core/src/generate/beamSearch';
import type { Choice } from '../../packages/core/src/generate/decoding';
import {
  EOS,
  firstTexts,
  generator,
  greedyReference,
  logitsAfter,
  logProbability,
  logSoftmaxOf,
  promptOf,
  PROMPTS,
  toy,
  V,
  weights,
} from './toy';

const tokens = generator();

/** Every text of at most `max` tokens that ends, or has `max` of them. */
function everyText(max: number): number[][] {
  let open: number[][] = [[]];
  const texts: number[][] = [];
  for (let length = 1; length <= max; length++) {
    const longer = open.flatMap((text) => Array.from({ length: V }, (_, id) => [...text, id]));
    texts.push(...longer.filter((text) => length === max || text.at(-1) === EOS));
    open = longer.filter((text) => text.at(-1) !== EOS);
  }
  return texts;
}

describe('beams enough for every text find the best of them all', () => {
  test.each([-1, 0, 1, 2])('lengthPenalty %i', async (lengthPenalty) => {
    const options = { maxNewTokens: 3, numBeams: V * V, earlyStopping: 'never', lengthPenalty } as const;
    const found = await tokens.generate(promptOf(PROMPTS), { ...options, numReturnSequences: 3 });
    PROMPTS.forEach((prompt, i) => {
      const ranked = everyText(3)
        .map((text) => ({ text, score: logProbability(prompt, text) / text.length ** lengthPenalty }))
        .sort((a, b) => b.score - a.score);
      expect(found[i].map(({ tokenIds }) => tokenIds)).toEqual(ranked.slice(0, 3).map(({ text }) => text));
      found[i].forEach(({ score }, rank) => expect(score).toBeCloseTo(ranked[rank].score, 4));
    });
  });
});

/** Beam search on logits computed in plain arithmetic. */
function plainSearch(prompt: number[], options: GenerationOptions) {
  const config = parseGeneration({ eosTokenId: EOS, ...options });
  const search = new BeamSearch(config, 1);
  while (!search.isDone) {
    const sums = search.rows.flatMap(
      (text, beam) =>
      logSoftmaxOf(logitsAfter(prompt, text)).map((x, token) => ({ score: x + search.beamScores[beam], beam, token })), // prettier-ignore
    );
    const best = sums.sort((a, b) => b.score - a.score).slice(0, candidateCount(config));
    search.advance({
      tokens: best.map(({ token }) => token),
      beams: best.map(({ beam }) => beam),
      scores: best.map(({ score }) => score),
    });
  }
  return search.results()[0];
}

const SETTINGS: GenerationOptions[] = [
  { numBeams: 2 },
  { numBeams: 3, numReturnSequences: 3, earlyStopping: true },
  { numBeams: 5, numReturnSequences: 2, earlyStopping: 'never', lengthPenalty: 2 },
  { numBeams: 4, lengthPenalty: -1 },
];

test.each(SETTINGS)('the device follows the hypotheses: %j', async (settings) => {
  const options = { maxNewTokens: 9, ...settings };
  const texts = await tokens.generate(promptOf(PROMPTS), options);
  const expected = PROMPTS.map((prompt) => plainSearch(prompt, options));
  expect(texts.map((beams) => beams.map(({ tokenIds }) => tokenIds))).toEqual(
    expected.map((beams) => beams.map(({ tokenIds }) => tokenIds)),
  );
  texts.flat().forEach(({ score }, i) => expect(score).toBeCloseTo(expected.flat()[i].score, 4));
});

test('one beam is greedy search', () => {
  for (const prompt of PROMPTS) {
    const [{ tokenIds, score }] = plainSearch(prompt, { maxNewTokens: 9, lengthPenalty: 0 });
    expect(tokenIds).toEqual(greedyReference(prompt, 9));
    expect(score).toBeCloseTo(logProbability(prompt, tokenIds), 6);
  }
});

test('a batch equals one by one, under every rule', async () => {
  const options = {
    maxNewTokens: 8,
    numBeams: 3,
    numReturnSequences: 2,
    minNewTokens: 3,
    repetitionPenalty: 1.2,
    noRepeatNgramSize: 2,
    eosTokenId: [EOS, 7],
  };
  const together = await tokens.generate(promptOf(PROMPTS), options);
  for (const [i, prompt] of PROMPTS.entries()) {
    const [alone] = await tokens.generate(promptOf([prompt], 6), options);
    expect(alone.map(({ tokenIds }) => tokenIds)).toEqual(together[i].map(({ tokenIds }) => tokenIds));
    alone.forEach(({ score }, j) => expect(score).toBeCloseTo(together[i][j].score, 4));
  }
});

test('texts come best first, all different, with their penalised score', async () => {
  const texts = await tokens.generate(promptOf(PROMPTS), {
    maxNewTokens: 8,
    numBeams: 5,
    numReturnSequences: 5,
    lengthPenalty: 0.7,
  });
  texts.forEach((beams, i) => {
    const scores = beams.map(({ score }) => score);
    expect([...scores].sort((a, b) => b - a)).toEqual(scores);
    expect(new Set(beams.map(({ tokenIds }) => tokenIds.join())).size).toBe(5);
    for (const { tokenIds, score, finished } of beams) {
      expect(score).toBeCloseTo(logProbability(PROMPTS[i], tokenIds) / tokenIds.length ** 0.7, 4);
      expect(finished).toBe(tokenIds.at(-1) === EOS);
    }
  });
  expect(new Set(firstTexts(texts).map(({ length }) => length)).size).toBeGreaterThan(1);
});

test('NaN in the logits is an error that says so', async () => {
  const broken: typeof toy = {
    ...toy,
    step(w, memory, cache, feed) {
      const next = toy.step(w, memory, cache, feed);
      return { ...next, logits: next.logits.mul(NaN) };
    },
  };
  const beams = new TokenGenerator(broken, weights, { numBeams: 3, eosTokenId: EOS });
  await expect(beams.generate(promptOf(PROMPTS))).rejects.toThrow("The model's logits are not numbers");
});

describe('rules, two beams, end token 9', () => {
  /** Candidates as [token, beam, score], the best first. */
  const offer = (...candidates: [number, number, number][]): Choice => ({
    tokens: candidates.map(([token]) => token),
    beams: candidates.map(([, beam]) => beam),
    scores: candidates.map(([, , score]) => score),
  });
  const start = (options: GenerationOptions = {}) =>
    new BeamSearch(parseGeneration({ numBeams: 2, numReturnSequences: 2, eosTokenId: 9, maxNewTokens: 5, ...options }), 1); // prettier-ignore

  test('starts from the first beam alone', () => {
    expect(start().beamScores).toEqual([0, -1e9]);
  });

  test('an end counts among the first two candidates only; the others run on, best first', () => {
    const search = start();
    search.advance(offer([4, 0, -1], [9, 0, -2], [5, 0, -3], [9, 1, -4]));
    expect(search.rows).toEqual([[4], [5]]);
    expect(search.origins).toEqual([[0], [1]]);
    expect(search.beamScores).toEqual([-1, -3]);
    search.advance(offer([6, 1, -3.5], [7, 0, -3.6], [9, 0, -3.7], [9, 1, -3.8]));
    expect(search.rows).toEqual([[5, 6], [4, 7]]); // prettier-ignore
    expect(search.origins).toEqual([[1, 0], [0, 1]]); // prettier-ignore
    expect(search.results()).toEqual([[{ tokenIds: [9], score: -2, finished: true }]]);
  });

  test('earlyStopping true ends with two finished texts, whatever may still come', () => {
    const offers = [
      offer([9, 0, -1], [4, 0, -1.1], [5, 0, -1.2], [6, 0, -9]),
      offer([9, 0, -1.15], [7, 0, -1.16], [8, 1, -1.3], [6, 0, -9]),
    ];
    const [early, late] = [start({ earlyStopping: true }), start()];
    for (const search of [early, late]) offers.forEach((candidates) => search.advance(candidates));
    expect([early.isDone, late.isDone]).toEqual([true, false]); // −1.16 / 2 > −1
    expect(early.results()[0].map(({ tokenIds }) => tokenIds)).toEqual([[4, 9], [9]]);
  });

  test("false judges by the length so far, 'never' by the longest if length is rewarded", () => {
    const offers = [
      offer([9, 0, -1], [4, 0, -1.1], [5, 0, -1.2], [6, 0, -9]),
      offer([9, 0, -1.2], [7, 0, -4], [8, 1, -4.1], [6, 0, -9]),
    ];
    const done = (options: GenerationOptions) => {
      const search = start(options);
      offers.forEach((candidates) => search.advance(candidates));
      return search.isDone;
    };
    expect(done({})).toBe(true); // −4 / 2 < −1
    expect(done({ earlyStopping: 'never' })).toBe(false); // −4 / 5 > −1
    expect(done({ earlyStopping: 'never', lengthPenalty: 0 })).toBe(true);
  });

  test("'never' with a penalty below 0: the length so far again, longer texts are worse", () => {
    const search = start({ earlyStopping: 'never', lengthPenalty: -1 });
    search.advance(offer([9, 0, -1], [4, 0, -1.1], [5, 0, -1.2], [6, 0, -9]));
    search.advance(offer([7, 0, -1.5], [9, 1, -2.2], [8, 1, -2.3], [6, 0, -9]));
    expect(search.isDone).toBe(false); // −1.5 · 2 > −2.2 · 2, though −1.5 · 5 is not
  });

  test('at the most tokens all candidates end, whatever their token', () => {
    const search = start({ maxNewTokens: 2 });
    search.advance(offer([4, 0, -1], [5, 0, -2], [6, 0, -3], [7, 0, -4]));
    expect(search.isDone).toBe(false);
    search.advance(offer([6, 1, -2.5], [9, 0, -3], [7, 0, -4], [8, 0, -5]));
    expect(search.isDone).toBe(true);
    expect(search.results()[0]).toEqual([
      { tokenIds: [5, 6], score: -1.25, finished: false },
      { tokenIds: [4, 9], score: -1.5, finished: true },
    ]);
  });

  test('a prompt that cannot improve takes no more texts while another goes on', () => {
    const search = new BeamSearch(parseGeneration({ numBeams: 1, eosTokenId: 9, maxNewTokens: 5, lengthPenalty: 2 }), 2); // prettier-ignore
    search.advance(offer([9, 0, -0.1], [4, 0, -3], [4, 0, -1], [5, 0, -2]));
    expect(search.isDone).toBe(false);
    search.advance(offer([9, 0, -0.2], [4, 0, -3.1], [5, 0, -2], [9, 0, -4])); // −0.2 / 4 would win
    expect(search.results()[0]).toEqual([{ tokenIds: [9], score: -0.1, finished: true }]);
  });

  test('without an end token there are still two candidates per beam', () => {
    expect(candidateCount(parseGeneration({ numBeams: 3 }))).toBe(6);
    expect(candidateCount(parseGeneration({ numBeams: 3, eosTokenId: [1, 2, 3] }))).toBe(12);
  });
});
