/** The studies of retrieval: what they train, what they measure, and that their claims are about what was measured. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shapes } from '../../packages/core/src/data';
import { recordOf, type Recipe, type Run } from '../../packages/core/src/train';
import { ablations } from '../../packages/core/src/studies/ablations';
import { stage1Study } from '../../packages/core/src/studies/stage1';
import type { Measurement, Study, StudyContext } from '../../packages/core/src/studies';
import { table6 } from '../../packages/core/src/studies/table6';
import { randomBert } from '../recipes/bert';
import { randomTowerDir } from '../recipes/tower';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-studies-'));
const data = {
  ...shapes({ train: 64, validation: 16, test: 24 }),
  visionDir: randomTowerDir(),
  bertDir: randomBert({ hiddenSize: 64, numHiddenLayers: 4, numAttentionHeads: 4, intermediateSize: 256 })
    .dir,
};

interface Measured {
  measurements: Measurement[];
  recipes: Recipe[];
}

const known = new Map<Study, Promise<Measured>>();

/** Measured once. */
function measured(study: Study): Promise<Measured> {
  const result = known.get(study) ?? measure(study);
  known.set(study, result);
  return result;
}

/** Measures with models that were never trained, and keeps the recipes. */
async function measure(study: Study): Promise<Measured> {
  const recipes: Recipe[] = [];
  const context: StudyContext = {
    seed: 3,
    scale: 'smoke',
    data,
    runsDir,
    keep: () => undefined,
    note: () => undefined,
    activity: () => undefined,
    inTurn: (work) => work(),
    async run<M>(recipe: Recipe<M>): Promise<Run<M>> {
      recipes.push(recipe);
      const training = { ...recipe.training, seed: 3 };
      const { model } = await recipe.prepare({ training, runsDir, note: () => undefined });
      const { name, hash } = recordOf(recipe);
      return { dir: '', recipe: { name, hash }, log: [], model, step: 20, interrupted: false };
    },
  };
  return { measurements: await study.measure(context), recipes };
}

const has = (measurements: Measurement[], arm: string, metric: string) =>
  measurements.some((one) => one.arm === arm && one.metric === metric);

const stateOf = ({ config }: Recipe) => config as Record<string, unknown>;

describe.each([table6, stage1Study, ablations])('study $name', (study) => {
  test('measures, at every arm, what its claims and the paper’s numbers are about', async () => {
    const { measurements, recipes } = await measured(study);
    for (const { metric, better, worse } of study.claims) {
      for (const arm of [better, worse])
        expect(has(measurements, arm, metric), `${arm}: ${metric}`).toBe(true);
    }
    for (const { arm, metric } of study.paper) {
      expect(has(measurements, arm, metric), `${arm}: ${metric}`).toBe(true);
    }
    const keys = measurements.map(({ arm, metric }) => `${arm}: ${metric}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const { value } of measurements) expect(value >= 0 && value <= 100, String(value)).toBe(true);
    for (const { training } of recipes) expect(training.steps).toBeLessThanOrEqual(20);
  });
});

describe('what is trained', () => {
  test('table 6: both fine-tunings go on with one stage 1 of all losses, and differ in ITG alone', async () => {
    const { recipes } = await measured(table6);
    const [from, without, withItg, pretrained] = recipes;
    const { hash } = recordOf(from);
    const goesOn = { stage: 'retrieval', from: { hash } };
    expect(stateOf(from)).toMatchObject({ stage: 'stage1', losses: { itc: 1, itm: 1, itg: 1 } });
    expect(stateOf(without)).toMatchObject({ ...goesOn, losses: { itc: 1, itm: 1, itg: 0 } });
    expect(stateOf(withItg)).toMatchObject({ ...goesOn, losses: { itc: 1, itm: 1, itg: 1 } });
    expect(stateOf(pretrained)).toMatchObject({ stage: 'stage1', losses: { itc: 1, itm: 1, itg: 0 } });
    expect(recipes).toHaveLength(4);
  });

  test('ablations: each run differs from the first in one thing', async () => {
    const { recipes } = await measured(ablations);
    const [base, last, half, bert] = recipes.map((recipe) => stateOf(recipe));
    expect({ ...last, tower: base.tower }).toEqual(base);
    expect({ ...half, tower: base.tower }).toEqual(base);
    expect(new Set([base, last, half].map(({ tower }) => tower)).size).toBe(3);
    const { initialise, ...others } = bert;
    expect(others).toEqual(base);
    expect(initialise).toHaveProperty('bert');
    expect(recordOf(recipes[0]).hash).toBe(recordOf((await measured(stage1Study)).recipes[0]).hash);
  });
});
