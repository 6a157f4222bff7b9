/** What a language model family from outside gets from the library as it is: generation, and a BLIP-2 that trains. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  configFromDisk,
  fromPretrained,
  savePretrained,
  type JsonObject,
} from '../../packages/core/src/checkpoints';
import { TokenGenerator } from '../../packages/core/src/generate';
import { stage2Losses, type Stage2Batch } from '../../packages/core/src/losses';
import {
  blip2Family,
  blip2Prompt,
  languageWeights,
  softPrompts,
  TOWERS,
} from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { logSoftmax, ParameterStore, Rng, tf, type Tensor } from '../../packages/core/src/runtime';
import { TrainingStep } from '../../packages/core/src/train/step';
import '../support/allclose';
import { decoderCase } from '../support/decoderOnly';
import { Fixture } from '../support/fixtures';
import { TINY } from '../train/tinyTask';
import { LLAMA } from './llama';

const fixture = new Fixture('llama');
const textConfig = configFromDisk(fixture.config<Record<string, JsonObject>>().grouped);
const tower = LLAMA.build(LLAMA.readConfig(textConfig));
const { w, weights, prompt } = decoderCase(fixture, 'grouped');

/** Log-probabilities of a text after prompt b, one per token, by teacher forcing. */
function logProbabilities(b: number, tokenIds: number[]): number[][] {
  const one = { embeddings: prompt.embeddings.slice([b], [1]), mask: prompt.mask.slice([b], [1]) };
  const [rows] = logSoftmax(
    tower.logits(w, one, tf.tensor2d([tokenIds], undefined, 'int32')),
  ).arraySync() as number[][][];
  return rows;
}

test('greedy search writes what teacher forcing finds likeliest', async () => {
  const generator = new TokenGenerator(tower, w, { eosTokenId: tower.tokens.eos });
  const texts = await generator.generate(prompt, { maxNewTokens: 7 });
  texts.forEach(([{ tokenIds, finished }], b) => {
    expect(finished || tokenIds.length === 7).toBe(true);
    const best = logProbabilities(b, tokenIds).map((row) => row.indexOf(Math.max(...row)));
    expect(tokenIds, `prompt ${b}`).toEqual(best);
  });
  generator.dispose();
});

test('beam search scores what it found as teacher forcing does, no worse than greedy search', async () => {
  const generator = new TokenGenerator(tower, w);
  const [beams, greedy] = [
    await generator.generate(prompt, { maxNewTokens: 4, numBeams: 6 }),
    await generator.generate(prompt, { maxNewTokens: 4 }),
  ];
  beams.forEach(([{ tokenIds, score }], b) => {
    const sum = logProbabilities(b, tokenIds).reduce((total, row, t) => total + row[tokenIds[t]], 0);
    expect(score).toBeCloseTo(sum / 4, 4);
    expect(score).toBeGreaterThan(greedy[b][0].score / 4 - 1e-4);
  });
  generator.dispose();
});

/** All that has to be said: which families there are. */
const BLIP2 = blip2Family({ ...TOWERS, language: [...TOWERS.language, LLAMA] });

const config = BLIP2.readConfig({
  visionConfig: {
    modelType: 'blip_2_vision_model',
    hiddenSize: 20,
    intermediateSize: 31,
    numHiddenLayers: 1,
    numAttentionHeads: 4,
    imageSize: 12,
    patchSize: 4,
  },
  qformerConfig: { hiddenSize: 16, intermediateSize: 27, numHiddenLayers: 2, numAttentionHeads: 2 },
  textConfig: { modelType: 'llama', ...textConfig },
  numQueryTokens: 3,
});
const model = BLIP2.build(config);
const folder = mkdtempSync(join(tmpdir(), 'blip2-llama-'));
afterAll(() => rmSync(folder, { recursive: true }));

const int32 = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');
const ofLanguage = Object.entries(weights).map(
  ([name, tensor]) => [`language_model.${name}`, tensor] as const,
);

test('a BLIP-2 with it trains by the same loss and steps, comes back from its folder, and writes', async () => {
  const vision = ParameterStore.create(model.vision.parameters(), 1);
  const frozen = { ...vision.readAll(), ...Object.fromEntries(ofLanguage) };
  const parameters = ParameterStore.create(model.trainableParameters(), 2);
  const batch: Stage2Batch = {
    image: model.vision.features(new Weights(frozen), Rng.from(3).normal([2, 12, 12, 3])),
    promptIds: int32([[0, 1, 8], [1, 9, 7]]),
    promptMask: int32([[0, 1, 1], [1, 1, 1]]),
    targetIds: int32([[11, 12, 13, 5], [14, 15, 5, 0]]),
    targetMask: int32([[1, 1, 1, 1], [1, 1, 1, 0]]),
  }; // prettier-ignore
  const lossOf = (trained: Weights) => stage2Losses(trained.with(frozen), model, batch).loss;
  const loss = () => tf.tidy(() => lossOf(new Weights(parameters.readAll())).dataSync()[0]);

  const before = loss();
  const task = {
    parameters,
    model: undefined,
    inputs: () => ({}),
    loss: (w: Weights) => ({ loss: lossOf(w) }),
  };
  const steps = 150;
  const step = new TrainingStep(task, { ...TINY, steps, learningRate: 0.02, clipNorm: 10 });
  for (let i = 0; i < steps; i++) await step.run(i);
  expect(loss()).toBeLessThan(before / 2);
  step.dispose();

  const all: Record<string, Tensor> = { ...frozen, ...parameters.readAll() };
  savePretrained(folder, BLIP2, config, all);
  const loaded = fromPretrained(folder, BLIP2);
  expect(loaded.config).toEqual(config);
  expect(stage2Losses(loaded.weights, loaded.model, batch).loss.dataSync()[0]).toBeCloseTo(loss(), 6);

  const soft = softPrompts(loaded.weights, model, batch.image);
  const start = { ids: int32([[1, 8], [1, 9]]), mask: int32([[1, 1], [1, 1]]) }; // prettier-ignore
  const generator = new TokenGenerator(model.language, languageWeights(loaded.weights), { eosTokenId: 5 });
  const texts = await generator.generate(blip2Prompt(loaded.weights, model, soft, start), {
    maxNewTokens: 6,
  });
  // The first prompt is the one that it was trained on, without the padding.
  expect(texts[0][0]).toMatchObject({ tokenIds: [11, 12, 13, 5], finished: true });
  generator.dispose();
  loaded.dispose();
});
