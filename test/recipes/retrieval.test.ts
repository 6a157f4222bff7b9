/** Fine-tuning for retrieval: stage 1's Q-Former goes on, the image encoder with it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openRun, retrieval, stage1, type Stage1Model } from '../../packages/core/src/recipes';
import { ParameterStore, Rng, tf, valueAndGradients, type Tensor } from '../../packages/core/src/runtime';
import { Weights } from '../../packages/core/src/nn';
import { evaluateRetrieval } from '../../packages/core/src/evaluate';
import { recordOf, train, type Run } from '../../packages/core/src/train';
import '../support/allclose';
import { hostInputs } from '../support/hostInputs';
import { randomEva, randomTower, SMALL, smallShapes } from './tower';

const data = smallShapes();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-retrieval-'));
const options = { runsDir, progress: false as const };
const LOOP = { steps: 4, batchSize: 8, learningRate: 1e-3, warmupSteps: 1 };

const values = (parameters: ParameterStore) =>
  Object.fromEntries(Object.entries(parameters.snapshot()).map(([name, { data: own }]) => [name, own]));

const vector = (data: Float32Array) => ({ shape: [data.length], data });

describe.each([
  ['CLIP', randomTower],
  ['EVA', randomEva],
])('fine-tuning for retrieval, %s', (_, makeTower) => {
  const tower = makeTower();
  let stage1Run: Run<Stage1Model>;

  beforeAll(async () => {
    stage1Run = await train(stage1({ data, tower, ...SMALL, steps: 2 }), options);
  });

  const prepared = () => {
    const recipe = retrieval({ data, from: stage1Run, ...LOOP });
    return recipe.prepare({ training: recipe.training, runsDir, note: () => undefined });
  };

  test('gradients reach every parameter of the tower that has one', async () => {
    const task = await prepared();
    const host = await hostInputs(task);
    const zero = tf.tidy(() => {
      const inputs = Object.fromEntries(
        Object.entries(host).map(([name, { shape, data: own }]) => [
          name,
          tf.tensor(own, shape, own instanceof Float32Array ? 'float32' : 'int32'),
        ]),
      );
      const weights = task.parameters.readAll();
      const loss = () => task.loss(new Weights(weights), inputs, new Rng(tf.tensor1d([1, 2], 'int32')));
      const { gradients } = valueAndGradients(loss, weights);
      const norm = (gradient: Tensor) => tf.norm(gradient).dataSync()[0];
      return Object.keys(tower.model.parameters()).filter((name) => norm(gradients[name]) < 1e-9);
    });
    // A key's bias moves all scores alike.
    expect(zero.filter((name) => !name.endsWith('k_proj.bias'))).toEqual([]);
  });

  test('moves the tower and the Q-Former; stage 1 and its tower stay what they were', async () => {
    const before = values(stage1Run.model.parameters);
    const { hash } = tower;
    const features = tower.encode(tf.ones([1, 64, 64, 3])).dataSync();
    const run = await train(retrieval({ data, from: stage1Run, ...LOOP }), { ...options, evaluateEvery: 4 });
    expect(run.log).toHaveLength(4);
    expect(run.log[3].evaluation).toHaveProperty('ITM text→image R@1');

    const after = values(run.model.parameters);
    const started = { ...before, ...values(ParameterStore.from(tower.tensors as Record<string, Tensor>)) };
    expect(Object.keys(after).sort()).toEqual(Object.keys(started).sort());
    const still = Object.keys(after).filter((name) => after[name].every((v, i) => v === started[name][i]));
    expect(still.filter((name) => !name.endsWith('k_proj.bias'))).toEqual([]);

    expect(values(stage1Run.model.parameters)).toEqual(before);
    expect(tower.hash).toBe(hash);
    expect(tower.encode(tf.ones([1, 64, 64, 3])).dataSync()).toEqual(features);
  });

  test('before its first step it is the model of stage 1', async () => {
    const { model } = await prepared();
    const texts = ['a red circle above a blue square', 'a green star left of a pink cross'];
    const [own, its] = [
      await model.encodePool(data.test, texts),
      await stage1Run.model.encodePool(data.test, texts),
    ];
    expect(vector(own.similarities)).toBeAllclose(vector(its.similarities), { atol: 1e-5 });
  });
});

describe('a run of fine-tuning', () => {
  const tower = randomTower();
  const recipe = async () =>
    retrieval({ data, from: await train(stage1({ data, tower, ...SMALL, steps: 2 }), options), ...LOOP });

  test('comes back from its folder alone, and scores as before', async () => {
    const run = await train(await recipe(), options);
    const again = openRun(run.dir, { tower, stages: ['retrieval'] });
    expect(again).toMatchObject({ dir: run.dir, recipe: run.recipe, step: 4, interrupted: false });
    const { rows } = await evaluateRetrieval(run.model, data.test, { k: 4 });
    expect((await evaluateRetrieval(again.model, data.test, { k: 4 })).rows).toEqual(rows);
    expect(() => openRun(run.dir, { tower, stages: ['stage1'] })).toThrow(
      /run of "retrieval", not of stage1/,
    );
  });

  test('goes on from a checkpoint as if it had not stopped', async () => {
    const whole = await train(await recipe(), options);
    const out = join(runsDir, 'stopped');
    const stop = new AbortController();
    const half = { ...options, out, signal: stop.signal, onStep: () => stop.abort() };
    expect(await train(await recipe(), half)).toMatchObject({ step: 1, interrupted: true });
    const resumed = await train(await recipe(), { ...options, out, resume: true });
    expect(resumed.log.map(({ loss }) => loss)).toEqual(whole.log.map(({ loss }) => loss));
    expect(values(resumed.model.parameters)).toEqual(values(whole.model.parameters));
  });

  test('is named by the run that it goes on with, and by its losses', async () => {
    const from = await train(stage1({ data, tower, ...SMALL, steps: 2 }), options);
    const hash = (more: object) => recordOf(retrieval({ data, from, ...LOOP, ...more })).hash;
    expect(hash({})).toBe(hash({ losses: { itg: 1, itm: 1, itc: 1 } }));
    expect(hash({})).not.toBe(hash({ losses: { itc: 1, itm: 1 } }));
    expect(hash({})).not.toBe(hash({ from: { ...from, recipe: { ...from.recipe, hash: 'other' } } }));
    expect(() => retrieval({ data, from, ...LOOP, losses: { itg: 0 } })).toThrow(
      'retrieval recipe: losses: none of itc, itm, itg is above 0',
    );
  });

  test('what a picture scores does not depend on what is beside it', async () => {
    const { model } = await train(await recipe(), options);
    const texts = ['a red circle above a blue square', 'a green star left of a pink cross'];
    const { similarities } = await model.encodePool(data.test, texts);
    const one = { ...data.test, size: 1, pixels: () => data.test.pixels(7) };
    const alone = await model.encodePool(one, texts);
    expect(vector(alone.similarities)).toBeAllclose(vector(similarities.slice(14, 16)), { atol: 1e-5 });
    const pair = await alone.matchLogits(Int32Array.of(0), Int32Array.of(1));
    const among = await (
      await model.encodePool(data.test, texts)
    ).matchLogits(Int32Array.of(3, 7, 0), Int32Array.of(0, 1, 1));
    expect(vector(pair)).toBeAllclose(vector(among.slice(1, 2)), { atol: 1e-5 });
  });

  test('evaluation leaves no tensors behind', async () => {
    const { model } = await train(await recipe(), options);
    await evaluateRetrieval(model, data.test, { k: 4 });
    const before = tf.memory().numTensors;
    await evaluateRetrieval(model, data.test, { k: 4 });
    await model.attend(data.test, [0]);
    await model.attend(data.test, [0]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
