/** Sampling: seeds, filters and frequencies. */
import { describe, expect, test } from 'vitest';
import { keepNucleus } from '../../packages/core/src/generate/selection';
import { Rng, tf, topK } from '../../packages/core/src/runtime';
import { firstTexts, generator, greedyReference, logitsAfter, logProbability, logSoftmaxOf, promptOf, PROMPTS } from './toy'; // prettier-ignore

const tokens = generator();
const draw = (options: Parameters<typeof tokens.generate>[1] = {}, prompts = PROMPTS) =>
  tokens.generate(promptOf(prompts), { doSample: true, maxNewTokens: 10, ...options });

test('the same seed gives the same texts, another seed others', async () => {
  const texts = await draw({ seed: 3 });
  expect(await draw({ seed: 3 })).toEqual(texts);
  expect(firstTexts(await draw({ seed: 4 }))).not.toEqual(firstTexts(texts));
  expect(firstTexts(await draw({ seed: -7 }))).not.toEqual(firstTexts(texts));
});

test('rows of one prompt and equal prompts are drawn apart', async () => {
  const [first, second] = await draw({ numReturnSequences: 4, eosTokenId: [] }, [PROMPTS[1], PROMPTS[1]]);
  const texts = [...first, ...second].map(({ tokenIds }) => tokenIds.join());
  expect(new Set(texts).size).toBe(8);
});

test("a score is the sum of the model's own log-probabilities", async () => {
  const texts = await draw({ numReturnSequences: 2, temperature: 1.7, topK: 5, topP: 0.9 });
  texts.forEach((rows, i) =>
    rows.forEach(({ tokenIds, score }) => expect(score).toBeCloseTo(logProbability(PROMPTS[i], tokenIds), 4)),
  );
});

test.each([{ topK: 1 }, { temperature: 1e-3 }, { topP: 1e-6 }, { topP: 1e-6, topK: 0 }])(
  '%j leaves the likeliest token: greedy search',
  async (options) => {
    const greedy = PROMPTS.map((prompt) => greedyReference(prompt, 10));
    expect(firstTexts(await draw({ eosTokenId: 2, ...options }))).toEqual(greedy);
  },
);

describe('frequencies of the first token over 4,000 draws', () => {
  const COUNT = 4000;
  const [, prompt] = PROMPTS;
  const logits = logitsAfter(prompt, []);
  const order = logits.map((_, id) => id).sort((a, b) => logits[b] - logits[a]);
  /** Probabilities with only `kept` tokens left. */
  const expected = (kept: readonly number[], temperature = 1) => {
    const scaled = logits.map((x, id) => (kept.includes(id) ? x / temperature : -Infinity));
    return logSoftmaxOf(scaled).map(Math.exp);
  };
  const nucleus = (p: number) => {
    const probabilities = expected(order);
    let before = 0;
    return order.filter((id) => {
      const isKept = before < p;
      before += probabilities[id];
      return isKept;
    });
  };

  test.each([
    [{}, expected(order)],
    [{ topK: 0 }, expected(order)],
    [{ temperature: 2 }, expected(order, 2)],
    [{ temperature: 0.6, topK: 0 }, expected(order, 0.6)],
    [{ topK: 4 }, expected(order.slice(0, 4))],
    [{ topP: 0.8 }, expected(nucleus(0.8))],
    [{ topP: 0.6, topK: 0 }, expected(nucleus(0.6))],
  ])('%j', async (options, probabilities) => {
    const [rows] = await draw({ numReturnSequences: COUNT, maxNewTokens: 1, ...options }, [prompt]);
    const counts = new Array<number>(logits.length).fill(0);
    for (const { tokenIds } of rows) counts[tokenIds[0]]++;
    probabilities.forEach((p, id) => {
      const deviation = Math.sqrt(COUNT * p * (1 - p));
      expect(Math.abs(counts[id] - COUNT * p), `token ${id}`).toBeLessThanOrEqual(4 * deviation);
    });
  });

  test('top-p after top-k counts the probability that is left', async () => {
    const three = expected(order.slice(0, 3));
    const topP = three[order[0]] + 1e-3; // the first alone is not enough, the first two are
    const [rows] = await draw({ numReturnSequences: 500, maxNewTokens: 1, topK: 3, topP }, [prompt]);
    const drawn = new Set(rows.map(({ tokenIds }) => tokenIds[0]));
    expect(drawn).toEqual(new Set(order.slice(0, 2)));
  });
});

test('keepNucleus keeps what the ascending rule keeps: cumulative probability above 1 − p', () => {
  for (const [seed, p] of [0.1, 0.3, 0.5, 0.8, 0.95, 0.999].entries()) {
    const { values } = topK(Rng.from(seed).normal([4, 50], 3), 50);
    const kept = keepNucleus(values, tf.scalar(p)).arraySync() as number[][];
    (values.arraySync() as number[][]).forEach((row, i) => {
      const probabilities = logSoftmaxOf(row).map(Math.exp);
      let cumulative = 0;
      const isKept = probabilities
        .reverse()
        .map((x) => (cumulative += x) > 1 - p)
        .reverse();
      isKept[0] = true;
      expect(kept[i].map((x) => x !== -Infinity)).toEqual(isKept);
      expect(kept[i].filter((x) => x !== -Infinity)).toEqual(row.filter((_, j) => isKept[j]));
    });
  }
});

test('rules hold for draws too', async () => {
  const texts = await draw({ numReturnSequences: 8, minNewTokens: 4, noRepeatNgramSize: 1, maxNewTokens: 9 });
  for (const { tokenIds } of texts.flat()) {
    expect(tokenIds.length).toBeGreaterThan(3);
    expect(new Set(tokenIds).size).toBe(tokenIds.length);
  }
});
