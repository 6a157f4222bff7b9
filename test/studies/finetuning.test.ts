/** Tables 3, 4 and 5 at the smallest scale: what they train, what they measure, and that their claims are about it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isUnseen, readStatement } from '@blip2/datasets';
import { Context } from '../../packages/core/src/studies/context';
import type { Study } from '../../packages/core/src/studies';
import { valueOf } from '../../packages/core/src/studies/statistics';
import { table3 } from '../../packages/core/src/studies/table3';
import { table4 } from '../../packages/core/src/studies/table4';
import { table5 } from '../../packages/core/src/studies/table5';
import { variantOf } from '../../packages/core/src/studies/variants';
import { COCO_SCENES, SHIFTED_SCENES } from '../../packages/core/src/recipes';
import { randomOpt, randomT5 } from '../recipes/language';
import { randomTowerDir, smallShapes } from '../recipes/tower';

const visionDir = randomTowerDir();
const data = {
  ...smallShapes(),
  visionDir,
  visionDirs: { 'ViT-L': visionDir, 'ViT-g': randomTowerDir() },
  languageDirs: { opt: randomOpt().dir, t5: randomT5().dir },
};
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-finetuning-studies-'));

async function measured(study: Study) {
  const context = new Context({
    ...{ seed: 0, scale: 'smoke', data, runsDir },
    progress: false,
    note: () => undefined,
  });
  const measurements = await study.measure(context);
  for (const { metric, better, worse } of study.claims) {
    for (const arm of [better, worse]) {
      expect(valueOf(measurements, arm, metric), `${arm}: ${metric}`).toBeDefined();
    }
  }
  for (const { arm, metric } of study.paper) {
    expect(valueOf(measurements, arm, metric), `${arm}: ${metric}`).toBeDefined();
  }
  const keys = measurements.map(({ arm, metric }) => `${arm}: ${metric}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { value } of measurements) expect(value).toBeGreaterThanOrEqual(0);
  return { measurements, runs: context.runs, examples: context.examples };
}

test('table 3: captions before and after fine-tuning on four sets', async () => {
  const { runs, examples } = await measured(table3);
  expect(runs.map(({ name }) => name)).toEqual([
    'stage1-shapes',
    'stage2-shapes',
    'caption-shapes',
    'stage2-shapes',
    'caption-shapes',
  ]);
  expect(examples.every(({ world }) => world?.domain === 'out')).toBe(true);
}, 300_000);

test('table 4: with the question beside the queries and without', async () => {
  const { measurements, runs } = await measured(table4);
  expect(runs.filter(({ name }) => name === 'vqa-shapes')).toHaveLength(4);
  const looked = measurements.filter(({ metric }) => metric.startsWith('attention'));
  expect(looked).toHaveLength(4);
}, 300_000);

test('table 5: both towers, both worlds, several numbers of candidates', async () => {
  const { measurements, runs } = await measured(table5);
  // The two towers of random weights are one and the same: so are their runs.
  expect(runs.map(({ name }) => name)).toEqual(['stage1-shapes', 'retrieval-shapes']);
  const byCandidates = measurements.filter(({ metric }) => /re-ranked|ITC alone/.test(metric));
  expect(byCandidates).toHaveLength(2 * 2 * 2 * 3);
}, 300_000);

test('a variant keeps towers and sizes, and changes the rest', () => {
  const variant = variantOf(data, COCO_SCENES);
  expect(variant).toMatchObject({ visionDir, languageDirs: data.languageDirs });
  expect(variant.train.size).toBe(data.train.size);
  expect(variant.options).toMatchObject({ domain: 'in', captions: { perScene: 5, objects: 1 } });
  for (let i = 0; i < variant.train.size; i++) {
    const named = variant.train.captions(i).flatMap((caption) => readStatement(caption)!.things);
    expect(named.filter(isUnseen)).toEqual([]);
  }
});

test('in the shifted world sentences are known to be true of the pictures that they describe', () => {
  const { test: shifted } = variantOf(data, SHIFTED_SCENES);
  for (let i = 0; i < shifted.size; i++) {
    const [sentence] = shifted.captions(i);
    expect(shifted.describes!(i, sentence)).toBe(true);
    for (const swapped of Object.values(shifted.swaps!(i)[0].swapped)) {
      expect(shifted.describes!(i, swapped)).toBe(false);
    }
  }
  // Nothing in the plain world says so of sentences.
  expect(data.test.describes!(0, `there is ${data.test.captions(0)[0]}`)).toBe(false);
});
