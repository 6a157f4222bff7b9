/** Greedy search: each rule against plain arithmetic, batches against single prompts. */
import { describe, expect, test } from 'vitest';
import { TokenGenerator } from '../../packages/core/src/generate';
import { completions } from '../../packages/core/src/generate/constraints';
import {
  EOS,
  firstTexts,
  generator,
  greedyReference,
  logProbability,
  PAD,
  promptOf,
  PROMPTS,
  toy,
  V,
  weights,
} from './toy';

const MAX = 12;
const tokens = generator();
const generate = async (options: Parameters<typeof tokens.generate>[1] = {}, prompts = PROMPTS) =>
  tokens.generate(promptOf(prompts), { maxNewTokens: MAX, ...options });

test('equals plain arithmetic; ends at the end token, which is kept, or at the most tokens', async () => {
  const texts = await generate();
  expect(firstTexts(texts)).toEqual(PROMPTS.map((prompt) => greedyReference(prompt, MAX)));
  expect(texts.map(([text]) => text.finished)).toEqual(
    texts.map(([{ tokenIds }]) => tokenIds.at(-1) === EOS),
  );
  expect(new Set(texts.map(([{ finished }]) => finished)).size, 'some end, some do not').toBe(2);
  expect(new Set(texts.map(([{ tokenIds }]) => tokenIds.length)).size).toBeGreaterThan(2);
});

test("a score is the sum of the model's log-probabilities, end token included", async () => {
  for (const options of [{}, { repetitionPenalty: 1.6, noRepeatNgramSize: 2 }]) {
    const texts = await generate(options);
    texts.forEach(([{ tokenIds, score }], i) => {
      expect(score).toBeCloseTo(logProbability(PROMPTS[i], tokenIds), 4);
    });
  }
});

test('a batch of different prompts equals one by one, however much they are padded', async () => {
  const together = await generate({ repetitionPenalty: 1.3, noRepeatNgramSize: 2, minNewTokens: 3 });
  for (const [i, prompt] of PROMPTS.entries()) {
    const options = { maxNewTokens: MAX, repetitionPenalty: 1.3, noRepeatNgramSize: 2, minNewTokens: 3 };
    const [alone] = await tokens.generate(promptOf([prompt], 7), options);
    expect(alone[0].tokenIds).toEqual(together[i][0].tokenIds);
    expect(alone[0].score).toBeCloseTo(together[i][0].score, 5);
  }
});

test('maxNewTokens 1: the first token alone, nothing is fed back', async () => {
  const texts = await generate({ maxNewTokens: 1 });
  expect(firstTexts(texts)).toEqual(PROMPTS.map((prompt) => greedyReference(prompt, 1)));
});

test('a text that ends at once is its end token; without an end token nothing ends', async () => {
  const [ending] = PROMPTS.map((prompt) => greedyReference(prompt, 1)[0]);
  const [[text]] = await generate({ eosTokenId: ending });
  expect(text).toMatchObject({ tokenIds: [ending], finished: true });
  const endless = await generate({ eosTokenId: [] });
  expect(endless.map(([{ tokenIds, finished }]) => [tokenIds.length, finished])).toEqual(
    PROMPTS.map(() => [MAX, false]),
  );
});

test('several end tokens', async () => {
  const texts = await generate({ eosTokenId: [EOS, 6] });
  texts.forEach(([{ tokenIds, finished }]) => {
    const end = tokenIds.findIndex((id) => id === EOS || id === 6);
    expect(finished).toBe(end >= 0);
    if (end >= 0) expect(end).toBe(tokenIds.length - 1);
  });
  expect(texts.filter(([{ tokenIds }]) => tokenIds.at(-1) === 6).length).toBeGreaterThan(1);
});

test('no prompts, no texts', async () => {
  const empty = promptOf([[]], 3);
  expect(await tokens.generate({ ids: empty.ids.slice(0, 0), mask: empty.mask.slice(0, 0) })).toEqual([]);
});

describe('rules', () => {
  const ban = (logits: number[], ids: number[]) => logits.map((x, id) => (ids.includes(id) ? -Infinity : x));

  test.each([4, 8, MAX])('minNewTokens %i: no end before', async (minNewTokens) => {
    const texts = await generate({ minNewTokens });
    const reference = PROMPTS.map((prompt) =>
      greedyReference(prompt, MAX, (logits, { length }) =>
        length < minNewTokens ? ban(logits, [EOS]) : logits,
      ),
    );
    expect(firstTexts(texts)).toEqual(reference);
    expect(texts.every(([{ tokenIds }]) => tokenIds.length >= minNewTokens)).toBe(true);
    expect(reference).not.toEqual(PROMPTS.map((prompt) => greedyReference(prompt, MAX)));
  });

  test.each([1.3, 2, 0.5])('repetitionPenalty %f: below 0 times it, above 0 divided', async (penalty) => {
    const penalise = (logits: number[], text: readonly number[]) =>
      logits.map((x, id) => (text.includes(id) ? (x < 0 ? x * penalty : x / penalty) : x));
    const reference = PROMPTS.map((prompt) => greedyReference(prompt, MAX, penalise));
    expect(firstTexts(await generate({ repetitionPenalty: penalty }))).toEqual(reference);
    expect(reference).not.toEqual(PROMPTS.map((prompt) => greedyReference(prompt, MAX)));
  });

  test.each([1, 2, 3])('noRepeatNgramSize %i', async (n) => {
    const texts = firstTexts(await generate({ noRepeatNgramSize: n }));
    expect(texts).toEqual(
      PROMPTS.map((prompt) =>
        greedyReference(prompt, MAX, (logits, text) => ban(logits, completions(text, n))),
      ),
    );
    for (const text of texts) {
      const grams = text.slice(n - 1).map((_, i) => text.slice(i, i + n).join());
      expect(new Set(grams).size).toBe(grams.length);
    }
  });

  test('history counts as text: its n-grams and tokens too, for its prompt alone', async () => {
    const [plain] = firstTexts(await generate({}, [PROMPTS[0]]));
    const history = [[plain[0], plain[1], plain[2]], []];
    const [changed, same] = firstTexts(
      await generate({ noRepeatNgramSize: 2, history }, [PROMPTS[0], PROMPTS[1]]),
    );
    expect(changed.slice(0, 2)).not.toEqual(plain.slice(0, 2));
    expect([same]).toEqual(firstTexts(await generate({ noRepeatNgramSize: 2 }, [PROMPTS[1]])));
    const [penalised] = firstTexts(await generate({ repetitionPenalty: 9, history }, PROMPTS.slice(0, 2)));
    expect(penalised[0]).not.toBe(plain[0]);
    await expect(generate({ history: [[]] })).rejects.toThrow('1 histories for 7 prompts');
  });
});

test.each([
  [[1, 2, 3, 1, 2], 3, [3]],
  [[1, 2, 3, 1, 2], 2, [3]],
  [[1, 2, 1, 3, 1], 2, [2, 3]],
  [[1, 2, 1], 1, [1, 2, 1]],
  [[1, 1, 1], 2, [1, 1]],
  [[1, 2], 3, []],
  [[1], 3, []],
  [[], 1, []],
  [[1, 1], 0, []],
])('what would complete an n-gram twice: %j, n = %i', (text, n, expected) => {
  expect(completions(text, n)).toEqual(expected);
});

test('NaN in the logits is an error that says so', async () => {
  const broken: typeof toy = {
    ...toy,
    begin(w, prompt, room) {
      const beginning = toy.begin(w, prompt, room);
      return { ...beginning, logits: beginning.logits.mul(NaN) };
    },
  };
  await expect(new TokenGenerator(broken, weights).generate(promptOf(PROMPTS))).rejects.toThrow(
    "The model's logits are not numbers",
  );
});

test('ids stay below V, pads do not leak into results', async () => {
  const texts = firstTexts(await generate({ padTokenId: PAD }));
  expect(texts.flat().every((id) => id >= 0 && id < V)).toBe(true);
  texts.forEach((text) => expect(text.indexOf(EOS)).toBe(text.includes(EOS) ? text.length - 1 : -1));
});
