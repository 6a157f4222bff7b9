import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRun, stage1, type CustomLoss } from '../../packages/core/src/recipes';
import { SafetensorsFile } from '../../packages/core/src/checkpoints';
import { evaluateRetrieval } from '../../packages/core/src/evaluate';
import { onCompilation, tf, type Tensor } from '../../packages/core/src/runtime';
import { train } from '../../packages/core/src/train';
import { randomTower, SMALL, smallShapes } from './tower';

const tower = randomTower();
const data = smallShapes();
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-stage1-'));
const options = { runsDir, progress: false as const };

describe('stage 1', () => {
  const recipe = stage1({ data, tower, ...SMALL });

  test('trains, evaluates on the way, and comes back from its folder', async () => {
    const run = await train(recipe, { ...options, evaluateEvery: 3 });
    expect(run.dir).toMatch(/stage1-shapes-[0-9a-f]{8}$/);
    expect(run.log).toHaveLength(6);
    const { loss, itc, itm, itg } = run.log[0] as Record<string, number>;
    expect(loss).toBeCloseTo(itc + itm + itg, 4);
    expect(Object.keys(run.log[2].evaluation)).toEqual([
      'ITC image→text R@1',
      'ITC text→image R@1',
      'ITM image→text R@1',
      'ITM text→image R@1',
    ]);
    const again = openRun(run.dir, { stages: ['stage1'], tower, runsDir });
    expect(again).toMatchObject({ dir: run.dir, recipe: run.recipe, step: 6, interrupted: false });
    expect(again.log).toEqual(run.log);
    const [first, second] = [
      await evaluateRetrieval(run.model, data.test),
      await evaluateRetrieval(again.model, data.test),
    ];
    expect(second).toEqual(first);
    expect(first).toMatchObject({ images: 12 });
  });

  test('a run compiles a handful of signatures: tower, gradients, update', async () => {
    const compiled: string[] = [];
    const stop = onCompilation(({ name }) => compiled.push(name));
    const nothingCached = mkdtempSync(join(tmpdir(), 'blip2-stage1-'));
    await train(stage1({ data, tower: randomTower(), ...SMALL }), { ...options, runsDir: nothingCached });
    stop();
    expect(compiled.length).toBeLessThanOrEqual(4);
    expect(new Set(compiled)).toEqual(new Set(['visionTower', 'gradients', 'update']));
  });

  test('a checkpoint has the names and shapes of transformers’ retrieval model, and ours beside', async () => {
    const { dir } = await train(recipe, options);
    const file = new SafetensorsFile(join(dir, 'checkpoints', 'step-6', 'model.safetensors'));
    const [Q, D, F, W, E, V, T] = [2, 16, 16, 16, 8, 277, 32];
    const linear = (name: string, input: number, output: number) => ({
      [`${name}.weight`]: [output, input],
      [`${name}.bias`]: [output],
    });
    const norm = (name: string, width = D) => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] });
    const attention = (name: string, keys: number) => ({
      ...linear(`${name}.attention.query`, D, D),
      ...linear(`${name}.attention.key`, keys, D),
      ...linear(`${name}.attention.value`, keys, D),
      ...linear(`${name}.output.dense`, D, D),
      ...norm(`${name}.output.LayerNorm`),
    });
    const feedForward = (block: string, kind: string) => ({
      ...linear(`${block}.intermediate${kind}.dense`, D, F),
      ...linear(`${block}.output${kind}.dense`, F, D),
      ...norm(`${block}.output${kind}.LayerNorm`),
    });
    const [first, second] = ['qformer.encoder.layer.0', 'qformer.encoder.layer.1'];
    const theirs = {
      query_tokens: [1, Q, D],
      ...norm('vision_model.post_layernorm', W),
      'embeddings.word_embeddings.weight': [V, D],
      'embeddings.position_embeddings.weight': [T, D],
      ...norm('qformer.layernorm'),
      ...attention(`${first}.attention`, D),
      ...attention(`${first}.crossattention`, W),
      ...attention(`${second}.attention`, D),
      ...[first, second].reduce(
        (all, block) => ({ ...all, ...feedForward(block, ''), ...feedForward(block, '_query') }),
        {},
      ),
      ...linear('vision_projection', D, E),
      ...linear('text_projection', D, E),
      ...linear('itm_head', D, 2),
    };
    const ours = {
      temp: [],
      ...linear('cls.predictions.transform.dense', D, D),
      ...norm('cls.predictions.transform.LayerNorm'),
      'cls.predictions.bias': [V],
    };
    const saved = Object.fromEntries(file.names().map((name) => [name, file.info(name).shape]));
    expect(saved).toEqual({ ...theirs, ...ours });
  });

  test('the hash follows the settings, not how they are written', () => {
    const same = stage1({ data, tower, ...SMALL, losses: { itg: 1, itm: 1, itc: 1 } });
    const other = stage1({ data, tower, ...SMALL, losses: { itc: 1, itm: 1 } });
    const canonical = (value: unknown) => JSON.stringify(value, Object.keys(value as object).sort());
    expect(canonical(same.config.losses)).toBe(canonical(recipe.config.losses));
    expect(canonical(other.config.losses)).not.toBe(canonical(recipe.config.losses));
  });

  test('a loss of weight 0 is not computed, the others keep their weight', async () => {
    const run = await train(stage1({ data, tower, ...SMALL, losses: { itc: 2, itm: 1, itg: 0 } }), options);
    const { loss, itc, itm } = run.log[0] as Record<string, number>;
    expect(run.log[0]).not.toHaveProperty('itg');
    expect(loss).toBeCloseTo(2 * itc + itm, 4);
  });

  test('a loss of one’s own is a function, compiled with the others and logged by its name', async () => {
    let calls = 0;
    const spread: CustomLoss = ({ queries }) => {
      calls++;
      return tf.mean(tf.square(queries));
    };
    const mine = stage1({ data, tower, ...SMALL, losses: { itc: 1, spread } });
    const run = await train(mine, options);
    const { loss, itc, spread: own } = run.log[3] as Record<string, number>;
    expect(own).toBeGreaterThan(0);
    expect(loss).toBeCloseTo(itc + own, 4);
    expect(calls).toBe(1);
    await train(mine, options);
    expect(calls).toBe(2); // never taken from the cache
  });

  test('a loss of one’s own that is no scalar is named', async () => {
    const wrong = (loss: unknown) =>
      train(stage1({ data, tower, ...SMALL, losses: { itc: 1, spread: loss as CustomLoss } }), options);
    await expect(wrong(({ queries }: { queries: Tensor }) => queries)).rejects.toThrow(
      /losses\.spread should return a scalar tensor, not a tensor of shape \[8, 2, 16\]/,
    );
    await expect(wrong(() => 0.5)).rejects.toThrow(/losses\.spread .* not number/);
  });

  test('a picture without a caption is named', async () => {
    const split = {
      ...data.train,
      size: 40,
      id: String,
      captions: (i: number) => (i === 7 ? [] : ['a star']),
    };
    const bare = stage1({ data: { ...data, train: split }, tower, ...SMALL });
    await expect(train(bare, { ...options, out: join(runsDir, 'bare') })).rejects.toThrow(
      /train: picture 7 has no caption/,
    );
  });

  test('cross-attention: one distribution over patches per query and head', async () => {
    const { model } = await train(recipe, options);
    for (const texts of [undefined, ['a red circle above a blue square', 'a star']]) {
      const [map, ...others] = await model.crossAttention(data.test, [0, 5], texts);
      expect(others).toEqual([]); // of two blocks only the first has cross-attention
      expect(map).toMatchObject({ layer: 0, shape: [2, 2, 2, 17] });
      const rows = Array.from({ length: 8 }, (_, row) => map.values.slice(row * 17, row * 17 + 17));
      for (const row of rows) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });

  test('another vision tower than the one it was trained with is refused', async () => {
    const { dir } = await train(recipe, options);
    expect(() => openRun(dir, { tower: { ...tower, hash: 'other' }, runsDir })).toThrow(
      /another vision tower/,
    );
  });

  test('training and evaluation leave no tensors behind', async () => {
    const { model } = await train(recipe, options);
    await evaluateRetrieval(model, data.test, { k: 4 });
    const before = tf.memory().numTensors;
    await evaluateRetrieval(model, data.test, { k: 4 });
    await model.crossAttention(data.test, [0]);
    await model.crossAttention(data.test, [0]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
