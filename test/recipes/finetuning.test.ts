/** Fine-tuning after stage 2: captions and questions, both kinds of language model, the image encoder trained. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  asBlip2,
  captioning,
  openRun,
  saveBlip2,
  stage1,
  stage2,
  vqa,
  type FinetunedModel,
  type Stage1Model,
  type Stage2Model,
} from '../../packages/core/src/recipes';
import { leaves, Rng, type ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import { Weights } from '../../packages/core/src/nn';
import { queryMap, type AttentionBundle } from '../../packages/core/src/attention';
import { Blip2 } from '../../packages/core/src/inference';
import { evaluateCaptions, evaluateVqa } from '../../packages/core/src/evaluate';
import type { FrozenLanguageModel } from '../../packages/core/src/data';
import { recordOf, train, type Recipe, type Run } from '../../packages/core/src/train';
import '../support/allclose';
import { hostInputs } from '../support/hostInputs';
import { randomOpt, randomT5 } from './language';
import { randomTower, SMALL, smallShapes } from './tower';

const tower = randomTower();
const data = smallShapes();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-finetuning-'));
const options = { runsDir, progress: false as const };
const LOOP = { steps: 3, batchSize: 8, learningRate: 1e-3, warmupSteps: 1 };
const { projection: _, ...qformer } = SMALL.qformer;
const QUESTIONS = ['what color is the circle?', 'what shape is the red object?'];

const values = (parameters: ParameterStore) =>
  Object.fromEntries(Object.entries(parameters.snapshot()).map(([name, { data: own }]) => [name, own]));
const bits = ({ tensors }: FrozenLanguageModel) =>
  leaves(tensors).map((tensor) => ('dataSync' in tensor ? [...tensor.dataSync()] : []));
const vector = (data: Float32Array) => ({ shape: [data.length], data });

function prepared(recipe: Recipe<FinetunedModel>) {
  return recipe.prepare({ training: recipe.training, runsDir, note: () => undefined });
}

let before: Run<Stage1Model>;
beforeAll(async () => {
  before = await train(stage1({ data, tower, ...SMALL, steps: 2 }), options);
});

describe.each([
  ['OPT', randomOpt()],
  ['T5', randomT5()],
])('fine-tuning in front of %s', (_, language) => {
  let from: Run<Stage2Model>;

  beforeAll(async () => {
    const recipe = stage2({ ...SMALL, qformer, data, tower, language, from: before, steps: 2 });
    from = await train(recipe, options);
  });

  test.each([
    ['captioning', () => captioning({ data, from, ...LOOP })],
    ['vqa', () => vqa({ data, from, ...LOOP })],
    ['vqa, question beside the queries', () => vqa({ data, from, stage1: before, ...LOOP })],
  ])('%s moves encoder and Q-Former; language model and earlier runs stay bit for bit', async (_, make) => {
    const still = () => [bits(language), values(from.model.parameters), values(before.model.parameters)];
    const [was, hash] = [still(), tower.hash];
    const started = values((await prepared(make())).parameters);
    const run = await train(make(), options);
    expect(still()).toEqual(was);
    expect(tower.hash).toBe(hash);
    const after = values(run.model.parameters);
    expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(tower.model.parameters())));
    const same = Object.keys(after).filter((name) => after[name].every((v, i) => v === started[name][i]));
    // A key's bias moves all scores alike; the last block's text has no reader.
    const unread = /k_proj\.bias$|layer\.1\.(intermediate|output)\./;
    expect(same.filter((name) => !unread.test(name))).toEqual([]);
  });

  test('before its first step it writes what stage 2 writes', async () => {
    const { model } = await prepared(captioning({ data, from, ...LOOP }));
    const asked = { prompt: 'a photo of', numBeams: 1, maxNewTokens: 6 };
    const own = await model.caption(data.test, [0, 1, 2], { numBeams: 1, maxNewTokens: 6 });
    const its = await from.model.caption(data.test, [0, 1, 2], asked);
    expect(own.map(([{ text }]) => text)).toEqual(its.map(([{ text }]) => text));
  });

  test('what is trained on: the prompt is given, the caption with its end is judged', async () => {
    const task = await prepared(captioning({ data, from, ...LOOP }));
    const { promptIds, targetIds, targetMask } = await hostInputs(task);
    const { tokenizer, tower: own } = language;
    expect(tokenizer.decode([...promptIds.data].slice(0, promptIds.shape[1])).trim()).toBe('a photo of');
    const length = targetIds.shape[1];
    for (let row = 0; row < LOOP.batchSize; row++) {
      const mask = targetMask.data.slice(row * length, (row + 1) * length);
      const ids = [...targetIds.data.slice(row * length, (row + 1) * length)].filter((_, i) => mask[i]);
      expect(ids.at(-1)).toBe(own.tokens.eos);
      const all = Array.from({ length: data.train.size }, (_, i) => data.train.captions(i)).flat();
      expect(all).toContain(tokenizer.decode(ids).trim());
    }
  });

  test('a question that is too long loses its end, not the prompt', async () => {
    const question = `What color is the ${'very '.repeat(40)}small circle?`;
    const asked = () => [{ question, answer: 'red', kind: 'color' }];
    const long = { ...data, train: { ...data.train, questions: asked } };
    const task = await prepared(vqa({ data: long, from, ...LOOP, maxTextLength: 20 }));
    const { promptIds } = await hostInputs(task);
    const [, length] = promptIds.shape;
    expect(length).toBeGreaterThan(15);
    expect(length).toBeLessThanOrEqual(20);
    const prompt = language.tokenizer.decode([...promptIds.data].slice(0, length)).trim();
    expect(prompt).toMatch(/^question: what color is the very very [a-z ]*answer:$/i);
    const template = `Look at this picture for a while. ${'Question: {} Answer: '.repeat(3)}`;
    const tooLong = vqa({ data: long, from, ...LOOP, maxTextLength: 8, prompt: template });
    await expect(prepared(tooLong)).rejects.toThrow(/maxTextLength: the prompt has \d+ tokens before any/);
  });

  test('a run comes back from its folder, and answers as before; so does what is saved of it', async () => {
    const run = await train(vqa({ data, from, stage1: before, ...LOOP }), options);
    const ask = { limit: 4, generation: { numBeams: 1, maxNewTokens: 4 } };
    const { answers } = await evaluateVqa(run.model, data.test, ask);
    const again = openRun(run.dir, { tower, language, stages: ['vqa'], runsDir });
    expect((await evaluateVqa(again.model, data.test, ask)).answers).toEqual(answers);

    const dir = mkdtempSync(join(tmpdir(), 'blip2-saved-'));
    saveBlip2(dir, run.model);
    const saved = await Blip2.load(dir);
    const image = { width: 64, height: 64, data: data.test.pixels(answers[0].picture) };
    const { text } = await saved.answer(image, answers[0].question, ask.generation);
    expect(text).toBe(answers[0].prediction);
    const [bundle] = await run.model.attend(data.test, [0], [QUESTIONS[0]]);
    const mapOf = (one: AttentionBundle) => vector(queryMap(one, { query: 1 }).values);
    for (const other of [saved, asBlip2(run.model)]) {
      const again = await other.attend(image, QUESTIONS[0]);
      expect(mapOf(again)).toBeAllclose(mapOf(bundle), { atol: 1e-6 });
      expect(again).toMatchObject({ text: QUESTIONS[0], grid: bundle.grid });
    }
    saved.dispose();
  });

  test('captions are judged, in the log too', async () => {
    const run = await train(captioning({ data, from, ...LOOP, steps: 2 }), { ...options, evaluateEvery: 2 });
    expect(Object.keys(run.log[1].evaluation as object)).toEqual(['CIDEr', 'BLEU-4', 'captions right']);
    const { captions, right, pictures } = await evaluateCaptions(run.model, data.test, {
      limit: 5,
      generation: { numBeams: 1, maxNewTokens: 8 },
    });
    expect(pictures).toBe(5);
    expect(captions[3].references).toEqual(data.test.captions(3));
    expect(right).toBe(20 * captions.filter((one) => one.right).length);
  });
});

describe('the question beside the queries', () => {
  const language = randomOpt();
  let from: Run<Stage2Model>;
  let model: FinetunedModel;

  beforeAll(async () => {
    from = await train(stage2({ ...SMALL, qformer, data, tower, language, from: before, steps: 2 }), options);
    ({ model } = await prepared(vqa({ data, from, stage1: before, ...LOOP })));
  });

  test('changes where queries look, after the first block that lets them see it', async () => {
    const maps = await model.crossAttention(data.test, [0, 0], QUESTIONS);
    for (const { values: own } of maps) {
      const half = own.length / 2;
      expect(vector(own.slice(half))).not.toBeAllclose(vector(own.slice(0, half)), { atol: 1e-6 });
    }
    const alone = await model.crossAttention(data.test, [0, 0]);
    for (const { values: own } of alone) {
      const half = own.length / 2;
      expect(vector(own.slice(half))).toBeAllclose(vector(own.slice(0, half)), { atol: 1e-6 });
    }
  });

  test('padding leaks nothing: a longer question in the batch changes no other row', async () => {
    const long = 'how many small objects are there?';
    const [one, among] = [
      await model.crossAttention(data.test, [0], [QUESTIONS[0]]),
      await model.crossAttention(data.test, [0, 1], [QUESTIONS[0], `${long} ${long}`]),
    ];
    one.forEach(({ values: own }, i) =>
      expect(vector(among[i].values.slice(0, own.length))).toBeAllclose(vector(own), { atol: 1e-6 }),
    );
  });

  test('the text half is stage 1’s', () => {
    for (const name of [
      'embeddings.word_embeddings.weight',
      'qformer.encoder.layer.0.intermediate.dense.weight',
    ]) {
      expect(values(model.parameters)[name]).toEqual(values(before.model.parameters)[name]);
    }
  });

  test('a model that never sees it says so', async () => {
    await expect(from.model.attend(data.test, [0], [QUESTIONS[0]])).rejects.toThrow('read the image alone');
  });

  test('another Q-Former than stage 2’s is refused, and data without questions', async () => {
    const other = await train(stage1({ data, tower, ...SMALL, queries: 3, steps: 1 }), options);
    expect(() => vqa({ data, from, stage1: other, ...LOOP })).toThrow('numQueryTokens is 3, not 2');
    const train_ = { ...data.train, questions: undefined };
    expect(() => vqa({ data: { ...data, train: train_ }, from, ...LOOP })).toThrow('no questions');
    expect(() => vqa({ data, from, ...LOOP, prompt: 'Question:' })).toThrow('prompt');
  });
});

test('a run that was stopped goes on as if it had not been', async () => {
  const language = randomT5();
  const from = await train(stage2({ ...SMALL, qformer, data, tower, language, steps: 1 }), options);
  const recipe = () => captioning({ data, from, ...LOOP });
  const whole = await train(recipe(), options);
  const stop = new AbortController();
  const out = join(runsDir, 'stopped');
  await train(recipe(), { ...options, out, signal: stop.signal, onStep: () => stop.abort() });
  const resumed = await train(recipe(), { ...options, out, resume: true });
  expect(resumed.log.map(({ loss }) => loss)).toEqual(whole.log.map(({ loss }) => loss));
  expect(values(resumed.model.parameters)).toEqual(values(whole.model.parameters));
  expect(recordOf(recipe()).hash).not.toBe(
    recordOf(captioning({ data, from, ...LOOP, layerDecay: 0.9 })).hash,
  );
});

test('layer decay: lower blocks of the encoder learn more slowly, all else at the full rate', async () => {
  const language = randomOpt();
  const from = await train(stage2({ ...SMALL, qformer, data, tower, language, steps: 1 }), options);
  const task = await prepared(captioning({ data, from, ...LOOP, layerDecay: 0.5 }));
  const rate = (name: string) => task.rateScale!(name);
  // One of the tower's two blocks is run.
  expect(rate('vision_model.embeddings.class_embedding')).toBe(0.25);
  expect(rate('vision_model.encoder.layers.0.mlp.fc1.weight')).toBe(0.5);
  expect(rate('query_tokens')).toBe(1);
  expect(rate('vision_model.post_layernorm.weight')).toBe(1);

  // Adam's first step is as large as the rate, whatever the gradient.
  const run = await train(
    captioning({ data, from, ...LOOP, steps: 1, warmupSteps: 0, weightDecay: 0, layerDecay: 0.5 }),
    options,
  );
  const [start, end] = [values(task.parameters), values(run.model.parameters)];
  const moved = (name: string) => Math.max(...end[name].map((v, i) => Math.abs(v - start[name][i])));
  expect(moved('query_tokens')).toBeCloseTo(1e-3, 5);
  expect(moved('vision_model.encoder.layers.0.mlp.fc1.weight')).toBeCloseTo(5e-4, 5);
  expect(moved('vision_model.embeddings.patch_embedding.weight')).toBeCloseTo(2.5e-4, 5);
});

test('pictures that nothing is asked about are left out', async () => {
  const language = randomOpt();
  const from = await train(stage2({ ...SMALL, qformer, data, tower, language, steps: 1 }), options);
  const asked = (index: number) => (index < LOOP.batchSize ? data.train.questions!(index) : []);
  const few = { ...data, name: 'few', train: { ...data.train, questions: asked } };
  const { step, log } = await train(vqa({ data: few, from, stage1: before, ...LOOP }), options);
  expect(step).toBe(LOOP.steps);
  for (const { loss } of log) expect(loss).toBeGreaterThan(0);
});

test('the question reaches the loss', async () => {
  const language = randomOpt();
  const from = await train(
    stage2({ ...SMALL, qformer, data, tower, language, from: before, steps: 1 }),
    options,
  );
  const task = await prepared(vqa({ data, from, stage1: before, ...LOOP }));
  const host = await hostInputs(task);
  const loss = (question: boolean) =>
    tf.tidy(() => {
      const given = Object.entries(host).filter(([name]) => question || !name.startsWith('question'));
      const inputs = given.map(([name, { shape, data: own }]): [string, Tensor] => [
        name,
        tf.tensor(own, shape, own instanceof Float32Array ? 'float32' : 'int32'),
      ]);
      const weights = new Weights(task.parameters.readAll());
      return task
        .loss(weights, Object.fromEntries(inputs), new Rng(tf.tensor1d([1, 2], 'int32')))
        .loss.dataSync()[0];
    });
  expect(loss(true)).not.toBe(loss(false));
});
