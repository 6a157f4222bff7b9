import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromPretrained } from '../../packages/core/src/checkpoints';
import { CLIP } from '../../packages/core/src/models';
import { loadVisionTower, shapes, splitFeatures } from '../../packages/core/src/data';
import { makeShapesClip, shapesClip } from '../../packages/core/src/recipes';
import { train } from '../../packages/core/src/train';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-clip-'));
const data = shapes({ train: 64, validation: 10, test: 10 });
const options = { runsDir, progress: false as const, batchSize: 16, steps: 30, warmupSteps: 5 };

test('each part of its loss falls', async () => {
  const { log } = await train(shapesClip(data), options);
  const [first, last] = [log[0], log[29]] as Record<string, number>[];
  for (const name of ['contrast', 'content', 'position']) expect(last[name]).toBeLessThan(first[name]);
  expect(first.position).toBeGreaterThan(1.5); // two guesses among four: 2 ln 4 = 2.8 at chance
});

test('it is written as a CLIP folder that serves as a vision tower', async () => {
  const dir = join(runsDir, 'clip');
  await makeShapesClip(dir, { ...options, data });
  expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors']);
  const { config, tensors } = fromPretrained(dir, CLIP);
  expect(config.text).toMatchObject({ numHiddenLayers: 3, maxPositionEmbeddings: 16 });
  expect(tensors).toHaveProperty(['text_model.final_layer_norm.weight']);
  const tower = loadVisionTower(dir);
  expect(tower).toMatchObject({ imageSize: 64, patchSize: 16, hiddenSize: 96 });
  const features = await splitFeatures(tower, data.test, join(runsDir, 'cache'));
  expect(features.shape).toEqual([17, 96]);
  expect(features.data.every(Number.isFinite)).toBe(true);
});
