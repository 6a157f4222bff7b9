import { existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import { loadCaptioner } from '../../packages/core/src/capfilt';
import { fromPretrained, sha256File } from '../../packages/core/src/checkpoints';
import { shapes, stackPixels } from '../../packages/core/src/data';
import { normalise } from '../../packages/core/src/image';
import { BERT } from '../../packages/core/src/models';
import {
  makeShapesBert,
  makeShapesCaptioner,
  makeShapesTowers,
  readTowerRecords,
  SHAPES_TOWERS,
  shapesCaptioner,
  towerRecipeHash,
} from '../../packages/core/src/recipes';
import { SHIPPED } from '../../packages/core/src/recipes/shapes';
import { maskedTexts } from '../../packages/core/src/recipes/shapes/bert';
import { Tokenizer } from '../../packages/core/src/text';
import { train } from '../../packages/core/src/train';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-towers-'));
const options = { runsDir, progress: false as const, batchSize: 16, steps: 30, warmupSteps: 5 };

test('what is shipped is what towers.json says, by the recipes of today, and small', () => {
  const records = readTowerRecords();
  expect(Object.keys(records)).toEqual(SHIPPED.filter((name) => existsSync(join(shapesDirectory, name))));
  for (const [name, { weights }] of Object.entries(records)) {
    expect(sha256File(join(shapesDirectory, name, 'model.safetensors')), name).toBe(weights);
  }
  for (const name of SHAPES_TOWERS.filter((tower) => tower in records)) {
    expect(towerRecipeHash(name), name).toBe(records[name]?.recipe.hash);
  }
  const files = readdirSync(shapesDirectory, { recursive: true }).map((file) =>
    statSync(join(shapesDirectory, String(file))),
  );
  expect(files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)).toBeLessThan(15e6);
});

test('a tower that there is not is named', async () => {
  await expect(makeShapesTowers({ names: ['clip-h'] })).rejects.toThrow("'clip-h'");
});

test('the tiny BERT learns masked words, in the sizes of the Q-Former', async () => {
  const dir = join(runsDir, 'bert');
  const { log } = await makeShapesBert(dir, options);
  expect(log[29].loss).toBeLessThan(0.8 * log[0].loss);
  const { config } = fromPretrained(dir, BERT);
  expect(config).toMatchObject({ hiddenSize: 64, numHiddenLayers: 4, maxPositionEmbeddings: 32 });
});

test('of ten words, one or two are guessed, and most of those are hidden', () => {
  const tokenizer = Tokenizer.fromFolder(shapes().tokenizerDir);
  const { ids, mask, labels } = maskedTexts(tokenizer, 32)(0, 400, { seed: 0 });
  const count = (isCounted: (i: number) => boolean) => [...labels.data.keys()].filter(isCounted).length;
  const isGuessed = (i: number) => labels.data[i] >= 0;
  const words = count((i) => mask.data[i] === 1) - 2 * 400;
  const guessed = count(isGuessed);
  expect(Math.abs(guessed / words - 0.15)).toBeLessThan(0.02);
  const hidden = count((i) => isGuessed(i) && ids.data[i] === tokenizer.id('[MASK]'));
  expect(Math.abs(hidden / guessed - 0.8)).toBeLessThan(0.05);
  const kept = count((i) => isGuessed(i) && ids.data[i] === labels.data[i]);
  expect(Math.abs(kept / guessed - 0.1)).toBeLessThan(0.04);
});

test('the tiny captioner: each part of its loss falls, and it is written as a folder that captions', async () => {
  const data = shapes({ train: 48, captions: { perScene: 2 } });
  const { log } = await train(shapesCaptioner(data), options);
  const [first, last] = [log[0], log[29]] as Record<string, number>[];
  for (const name of ['caption', 'content', 'position']) expect(last[name]).toBeLessThan(first[name]);
  const dir = join(runsDir, 'captioner');
  await makeShapesCaptioner(dir, { ...options, data });
  const captioner = loadCaptioner(dir);
  const pixels = normalise(stackPixels(data.validation, [0, 1]));
  const texts = await captioner.sample(pixels, { samples: 2, topP: 0.9, maxNewTokens: 4, seed: 0 });
  expect(texts.map((ofPicture) => ofPicture.length)).toEqual([2, 2]);
  captioner.dispose();
});
