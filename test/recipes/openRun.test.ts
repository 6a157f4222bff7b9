/** Runs that are refused when they are opened: what was loaded for them is given back. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { attendTo, openRun, stage1, stage2 } from '../../packages/core/src/recipes';
import { loadVisionTower } from '../../packages/core/src/data';
import { tf } from '../../packages/core/src/runtime';
import { train } from '../../packages/core/src/train';
import { randomOpt } from './language';
import { randomTower, SMALL, smallShapes } from './tower';

const data = smallShapes();
const options = { runsDir: mkdtempSync(join(tmpdir(), 'blip2-open-')), progress: false as const, steps: 1 };
const { projection: _, ...qformer } = SMALL.qformer;
const held = () => tf.memory().numTensors;

test('a tower that is not that of the run', async () => {
  const { dir } = await train(stage1({ data, tower: randomTower(), ...SMALL }), options);
  const before = held();
  expect(() => openRun(dir)).toThrow(/another vision tower/); // the one shipped for its data was loaded
  expect(held()).toBe(before);
});

test('a language model that is not there, once the tower is', async () => {
  const tower = loadVisionTower(data.visionDir);
  const recipe = stage2({ ...SMALL, qformer, data, tower, language: randomOpt() });
  const { dir } = await train(recipe, options);
  const before = held();
  expect(() => openRun(dir)).toThrow(/another language model/);
  expect(held()).toBe(before);
});

test('what a model that scores pairs cannot be asked; and all is given back after an answer, too', async () => {
  const { dir } = await train(stage1({ data, tower: loadVisionTower(data.visionDir), ...SMALL }), options);
  const image = { width: 2, height: 2, data: new Uint8Array(12).fill(9) };
  const before = held();
  await expect(attendTo(dir, image, { question: 'what is it?' })).rejects.toThrow(/no language model/);
  await expect(attendTo(dir, image, { dtype: 'float16' })).rejects.toThrow(/not float16/);
  await expect(attendTo(dir, 'not-there.png')).rejects.toThrow();
  expect(held()).toBe(before);
  await attendTo(dir, image);
  expect(held()).toBe(before);
});
