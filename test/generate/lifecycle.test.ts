/** Around a generation: tokens as they come, abortion, memory, how often something is compiled. */
import { describe, expect, test } from 'vitest';
import type { TokenEvent } from '../../packages/core/src/generate';
import { tf } from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import { firstTexts, generator, promptOf, PROMPTS } from './toy';

const BEAMS = { numBeams: 3, maxNewTokens: 7, repetitionPenalty: 1.2, noRepeatNgramSize: 3, minNewTokens: 2 };
const DRAWS = { doSample: true, numReturnSequences: 2, maxNewTokens: 7, topP: 0.9 };

/** Tensors that exist, for TensorFlow.js and for the binding. */
const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];

describe('onToken', () => {
  test.each([{}, DRAWS])('each token once, in the order written, none after the end: %j', async (options) => {
    const tokens = generator();
    const events: TokenEvent[] = [];
    const texts = await tokens.generate(promptOf(PROMPTS), {
      ...options,
      onToken: (event) => events.push(event),
    });
    const written = texts.map((rows, prompt) =>
      rows.map((_, sequence) =>
        events
          .filter((event) => event.prompt === prompt && event.sequence === sequence)
          .map((e) => e.tokenId),
      ),
    );
    expect(written).toEqual(texts.map((rows) => rows.map(({ tokenIds }) => tokenIds)));
  });

  test('the event loop has its turn between tokens', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const seen: number[] = [];
    await generator().generate(promptOf([PROMPTS[1]]), {
      maxNewTokens: 60,
      eosTokenId: [],
      onToken: () => {
        const until = performance.now() + 2;
        while (performance.now() < until);
        seen.push(turns);
      },
    });
    clearInterval(timer);
    expect(seen.at(-1)! - seen[0]).toBeGreaterThan(5);
  });

  test('is refused with beams', async () => {
    const run = generator().generate(promptOf(PROMPTS), { numBeams: 2, onToken: () => undefined });
    await expect(run).rejects.toThrow('Generation: onToken with 2 beams');
  });
});

describe('signal', () => {
  test('aborted before: nothing is computed', async () => {
    const tokens = generator();
    await expect(tokens.generate(promptOf(PROMPTS), { signal: AbortSignal.abort() })).rejects.toThrow(
      /abort/i,
    );
    expect(tokens.signatures()).toBe(0);
  });

  test('aborted on the way: its reason, no tensor left behind, and the generator goes on', async () => {
    const tokens = generator();
    const prompt = promptOf(PROMPTS);
    const whole = await tokens.generate(prompt, { maxNewTokens: 9 });
    const before = held();
    const controller = new AbortController();
    const run = tokens.generate(prompt, {
      maxNewTokens: 9,
      signal: controller.signal,
      onToken: () => controller.abort(new Error('enough')),
    });
    await expect(run).rejects.toThrow('enough');
    expect(held()).toEqual(before);
    expect(await tokens.generate(prompt, { maxNewTokens: 9 })).toEqual(whole);
  });
});

test('no tensor is left behind, whatever the way of choosing', async () => {
  const tokens = generator();
  const prompt = promptOf(PROMPTS);
  for (const options of [{}, BEAMS, DRAWS]) {
    await tokens.generate(prompt, options);
    const before = held();
    for (let i = 0; i < 30; i++) await tokens.generate(prompt, options);
    expect(held()).toEqual(before);
  }
});

test('no tensor is left behind by a callback that throws', async () => {
  const prompt = promptOf(PROMPTS);
  const tokens = generator();
  const onToken = () => {
    throw new Error('theirs');
  };
  const run = () => expect(tokens.generate(prompt, { onToken })).rejects.toThrow('theirs');
  await run();
  const before = held();
  await run();
  expect(held()).toEqual(before);
});

test('two signatures per shape and way of choosing: the prompt, and the step', async () => {
  const tokens = generator();
  const generate = (options: Parameters<typeof tokens.generate>[1], prompts = PROMPTS, length = 6) =>
    tokens.generate(promptOf(prompts, length), { maxNewTokens: 6, ...options });
  await generate({});
  expect(tokens.signatures()).toBe(2);
  await generate({ eosTokenId: [4, 5] }, [...PROMPTS].reverse());
  await generate({ padTokenId: 9 });
  expect(tokens.signatures()).toBe(2);
  for (const seed of [1, 2]) await generate({ doSample: true, seed, temperature: 1 / seed, topP: 1 / seed });
  expect(tokens.signatures()).toBe(4);
  for (const lengthPenalty of [0, 1]) await generate({ numBeams: 2, lengthPenalty, earlyStopping: true });
  expect(tokens.signatures()).toBe(6);
  for (const repetitionPenalty of [1.1, 2]) await generate({ repetitionPenalty, history: PROMPTS });
  expect(tokens.signatures()).toBe(8);
  await generate({}, PROMPTS.slice(0, 2));
  await generate({}, PROMPTS, 8);
  expect(tokens.signatures()).toBe(11); // this model's step does not see how long the prompt was
});

test('dispose frees what was compiled; a later generation compiles again', async () => {
  const tokens = generator();
  const texts = firstTexts(await tokens.generate(promptOf(PROMPTS)));
  tokens.dispose();
  expect(tokens.signatures()).toBe(0);
  expect(firstTexts(await tokens.generate(promptOf(PROMPTS)))).toEqual(texts);
});

test('two generations at once do not mix', async () => {
  const tokens = generator();
  const runs = [{}, BEAMS, {}, DRAWS].map((options, i) => [promptOf(PROMPTS.slice(i)), options] as const);
  const alone = [];
  for (const [prompt, options] of runs) alone.push(await tokens.generate(prompt, options));
  const together = await Promise.all(runs.map(([prompt, options]) => tokens.generate(prompt, options)));
  expect(together).toEqual(alone);
});
