import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  applyOverrides,
  openData,
  parseStage1,
  shapesStage1,
  recipeOptions,
} from '../../packages/core/src/recipes';
import { editDistance } from '../../packages/core/src/recipes/errors';
import type { Blip2Error } from '../../packages/core/src/runtime';

function failure(action: () => unknown): Blip2Error {
  try {
    action();
  } catch (error) {
    return error as Blip2Error;
  }
  throw new Error('it did not fail');
}

describe('recipe options', () => {
  test('the shapes recipe', () => {
    expect(parseStage1(shapesStage1)).toMatchObject({
      queries: 8,
      qformer: { width: 64, layers: 4, heads: 4, feedForward: 256, crossAttentionFrequency: 2 },
      steps: 1000,
      batchSize: 64,
      learningRate: 2e-3,
      minLearningRate: 0,
      beta2: 0.98,
      seed: 0,
      precision: 'fp32',
    });
  });

  test.each([
    [{ querys: 4 }, /Unknown key in stage1 recipe: querys/, /Did you mean queries\?/],
    [{ qformer: { feedforward: 4 } }, /qformer\.feedforward/, /Did you mean qformer\.feedForward\?/],
    [{ losses: { itc: 1, imt: 1 } }, /Unknown loss losses\.imt/, /Did you mean losses\.itm\?/],
    [{ queries: 0 }, /stage1 recipe: queries: /, /./],
    [{ precision: 'fp16' }, /stage1 recipe: precision: .*fp32/, /./],
    [{ losses: { diversity: () => 0 } }, /none of itc, itm, itg/, /./],
    [{ losses: { itm: 1, itc: () => 0 } }, /losses\.itc: the name is taken/, /./],
    [{ losses: { itm: 1, loss: () => 0 } }, /losses\.loss: the name is taken/, /./],
    [{ qformer: { heads: 5 } }, /qformer\.heads: 5 heads do not divide the width 64/, /./],
    [{ batchSize: 1 }, /batchSize: /, /2 or more/],
  ])('%o is refused', (wrong, message, hint) => {
    const error = failure(() => parseStage1({ ...shapesStage1, ...wrong }));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    expect(error.exitCode).toBe(2);
  });

  test('editDistance', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('imt', 'itm')).toBe(1);
  });
});

describe('--set', () => {
  test('puts values in by path, without touching the recipe', () => {
    const own = () => 0;
    const options = { steps: 5, losses: { itc: 1, own } };
    expect(applyOverrides(options, ['steps=60', 'losses.itg=0', 'precision=bf16', 'a.b=[1,2]'])).toEqual({
      steps: 60,
      losses: { itc: 1, own, itg: 0 },
      precision: 'bf16',
      a: { b: [1, 2] },
    });
    expect(options).toEqual({ steps: 5, losses: { itc: 1, own } });
    expect(() => applyOverrides({}, ['steps'])).toThrow(/--set steps: expected key=value/);
    expect(() => applyOverrides(options, ['steps.x=1'])).toThrow(/--set steps\.x=1: steps is a single value/);
    expect(() => applyOverrides({}, ['__proto__.x=1'])).toThrow(/single value/);
  });
});

describe('names', () => {
  test('recipes come by name or from a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'blip2-recipe-')), 'mine.json');
    writeFileSync(file, '{"queries": 3}');
    expect(await recipeOptions('stage1', 'shapes')).toBe(shapesStage1);
    expect(await recipeOptions('stage1', file)).toEqual({ queries: 3 });
    const script = file.replace('.json', '.cjs');
    writeFileSync(script, 'module.exports = { queries: 4 };');
    expect(await recipeOptions('stage1', script)).toEqual({ queries: 4 });
    await expect(recipeOptions('stage1', 'shape')).rejects.toThrow(/Unknown recipe shape/);
    await expect(recipeOptions('stage1', 'mine/shape.json')).rejects.toThrow(
      /No recipe file mine\/shape\.json/,
    );
    const broken = file.replace('mine.json', 'broken.cjs');
    writeFileSync(broken, 'module.exports = {');
    await expect(recipeOptions('stage1', broken)).rejects.toThrow(/broken\.cjs cannot be loaded: /);
  });

  test('data comes by name with options', () => {
    const data = openData('shapes?seed=3&train=7');
    expect(data.options).toMatchObject({ seed: 3, train: 7, cells: 4 });
    expect(data.train.size).toBe(7);
    expect(failure(() => openData('shaps')).hint).toMatch(/Did you mean shapes\?/);
    expect(failure(() => openData('shapes?trains=7')).message).toMatch(/trains/);
  });
});
