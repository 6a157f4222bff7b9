/** The loss of held-out pictures in both stages' recipes, and a run opened at its best. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { openRun, stage1, stage2, type Stage1Model } from '../../packages/core/src/recipes';
import { readBest, train, type Run } from '../../packages/core/src/train';
import { randomT5 } from './language';
import { randomTower, SMALL, smallShapes } from './tower';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-heldout-'));
const data = smallShapes();
const tower = randomTower();
const measured = {
  progress: false,
  runsDir,
  evaluateEvery: 2,
  validate: true,
  evaluate: () => ({}),
} as const;
const { projection: _, ...qformer } = SMALL.qformer;
let run: Run<Stage1Model>;

beforeAll(async () => {
  run = await train(
    stage1({ ...SMALL, qformer: { ...SMALL.qformer, dropout: 0.3 }, data, tower, gradCache: 4 }),
    {
      ...measured,
      keepBest: { metric: 'loss', better: 'lower' },
    },
  );
});

const evaluations = (log: Run['log']) =>
  log.flatMap(({ evaluation }) => (evaluation ? [evaluation as Record<string, number>] : []));

test('stage 1: the loss and its terms; openRun takes the best', () => {
  const found = evaluations(run.log);
  expect(found).toHaveLength(3);
  for (const { loss, itc, itm, itg } of found) expect(loss).toBeCloseTo(itc + itm + itg, 4);
  const best = found.reduce((least, { loss }, i) => (loss < found[least].loss ? i : least), 0);
  expect(readBest(run.dir)).toMatchObject({ step: 2 * (best + 1), value: found[best].loss });
  const opened = openRun(run.dir, { tower, step: 'best' });
  expect(opened.step).toBe(2 * (best + 1));
});

test('stage 2', async () => {
  const language = randomT5();
  const { log } = await train(stage2({ ...SMALL, qformer, data, tower, language, from: run }), measured);
  const found = evaluations(log);
  expect(found.map((one) => Object.keys(one))).toEqual([['loss'], ['loss'], ['loss']]);
  expect(found[2].loss).not.toBe(found[0].loss);
});
