/** Stage 2 through the trainer: both kinds of language model, with and without a stage 1 before it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRun, stage1, stage2 } from '../../packages/core/src/recipes';
import { leaves, tf } from '../../packages/core/src/runtime';
import { train } from '../../packages/core/src/train';
import { loadLanguageModel } from '../../packages/core/src/data';
import { randomOpt, randomT5 } from './language';
import { randomTower, SMALL, smallShapes } from './tower';

const tower = randomTower();
const data = smallShapes();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-stage2-'));
const options = { runsDir, progress: false as const };
const { projection: _, ...qformer } = SMALL.qformer;
const settings = { ...SMALL, qformer, data, tower };

describe.each([
  ['OPT', randomOpt()],
  ['T5', randomT5()],
])('stage 2 in front of %s', (_, language) => {
  const recipe = stage2({ ...settings, language });

  test('lowers the loss of captions; the language model stays as it was, bit for bit', async () => {
    const bits = () =>
      leaves(language.tensors).map((tensor) => ('dataSync' in tensor ? [...tensor.dataSync()] : []));
    const before = bits();
    const run = await train(recipe, { ...options, steps: 60, learningRate: 1e-2 });
    const mean = (part: { loss: number }[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(run.log.slice(-20))).toBeLessThan(mean(run.log.slice(0, 10)));
    expect(bits()).toEqual(before);
  });

  test('answers come from the image and the question, one per picture, the same in any batch', async () => {
    const { model } = await train(recipe, options);
    const indices = [0, 1, 2];
    const questions = ['what color is the circle?', 'what shape is the red object?', 'is there a ring?'];
    const together = await model.answer(data.test, indices, questions, { maxNewTokens: 4 });
    expect(together).toHaveLength(3);
    const alone = await model.answer(data.test, [1], [questions[1]], { maxNewTokens: 4 });
    expect(alone).toEqual([together[1]]);
  });

  test('captions, and how many are asked for', async () => {
    const { model } = await train(recipe, options);
    const [captions] = await model.caption(data.test, [3], { numReturnSequences: 2, maxNewTokens: 5 });
    expect(captions).toHaveLength(2);
    expect(captions[0].score).toBeGreaterThanOrEqual(captions[1].score);
  });

  test('a caption of an encoder-decoder is begun for it, and whole', async () => {
    const { model } = await train(recipe, options);
    const short = { numBeams: 1, maxNewTokens: 4 };
    const [[own]] = await model.caption(data.test, [3], short);
    const [[rest]] = await model.caption(data.test, [3], { ...short, prompt: 'a' });
    const [[unprompted]] = await model.caption(data.test, [3], { ...short, prompt: '' });
    const expected = language.tower.architecture === 'decoder-only' ? unprompted.text : `a ${rest.text}`;
    expect(own.text).toBe(expected);
  });

  test('zero-shot accuracy over its steps is in the log', async () => {
    const { log } = await train(recipe, { ...options, steps: 4, evaluateEvery: 2, learningRate: 3e-3 });
    const measured = log.filter(({ evaluation }) => evaluation);
    expect(measured.map(({ step }) => step)).toEqual([1, 3]);
    const curve = measured.map(({ evaluation }) => evaluation as Record<string, number>);
    for (const point of curve) expect(point['VQA accuracy']).toBeGreaterThanOrEqual(0);
    expect(Object.keys(curve[0])).toContain('VQA accuracy, exists');
  });

  test('generation leaves no tensors behind', async () => {
    const { model } = await train(recipe, options);
    const once = () => model.caption(data.test, [0], { numBeams: 2, maxNewTokens: 3 });
    await once();
    const before = tf.memory().numTensors;
    await once();
    expect(tf.memory().numTensors).toBe(before);
    await expect(model.caption(data.test, [0], { numBeams: 0 })).rejects.toThrow('numBeams');
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('stage 2 goes on from a stage 1: queries and Q-Former are its, the projection is new', async () => {
  const before = await train(stage1({ data, tower, ...SMALL }), options);
  const language = randomOpt();
  const fresh = stage2({ ...settings, language });
  const from = stage2({ ...settings, language, from: before });
  expect(from.config).not.toEqual(fresh.config);
  const context = { training: from.training, runsDir, note: () => undefined };
  const { parameters } = await from.prepare(context);
  const stage1Values = before.model.parameters.snapshot();
  const values = parameters.snapshot();
  const shared = Object.keys(values).filter((name) => name in stage1Values);
  expect(shared).toContain('query_tokens');
  for (const name of shared) expect(values[name]).toEqual(stage1Values[name]);
  expect(Object.keys(values).filter((name) => !(name in stage1Values))).toEqual([
    'language_projection.weight',
    'language_projection.bias',
  ]);
});

test('a run comes back as it was at its end, and at any step that was kept', async () => {
  const language = randomT5();
  const before = await train(stage1({ data, tower, ...SMALL, queries: 3 }), options);
  const recipe = stage2({ ...settings, language, from: before });
  const run = await train(recipe, { ...options, checkpointEvery: 3 });
  const back = openRun(run.dir, { stages: ['stage2'], tower, language, runsDir });
  expect(back.recipe).toEqual(run.recipe);
  expect(back.model.parameters.snapshot()).toEqual(run.model.parameters.snapshot());
  expect(back.model.parameters.shape('query_tokens')[1]).toBe(3);
  const ask = (model: typeof run.model) => model.caption(data.test, [0], { numBeams: 1, maxNewTokens: 4 });
  expect(await ask(back.model)).toEqual(await ask(run.model));

  const middle = openRun(run.dir, { stages: ['stage2'], step: 3, tower, language, runsDir });
  expect(middle.step).toBe(3);
  expect(middle.model.parameters.snapshot()).not.toEqual(run.model.parameters.snapshot());
  expect(() => openRun(run.dir, { step: 4, tower, language })).toThrow(/no checkpoint of step 4/);
  expect(() => openRun(run.dir, { tower })).toThrow(/another language model than those shipped/);
  expect(() => openRun(run.dir, { tower, language: randomOpt() })).toThrow(/than the one given/);
  expect(() => openRun(run.dir, { stages: ['stage1'], tower })).toThrow(/not of stage1/);
});

test('the language model of a run is found among those shipped for its data', async () => {
  const language = loadLanguageModel(data.languageDirs!.opt);
  const run = await train(stage2({ ...settings, language, steps: 1 }), options);
  const { model } = openRun(run.dir, { stages: ['stage2'], tower, runsDir });
  expect(model.parts.language.hash).toBe(language.hash);
});
