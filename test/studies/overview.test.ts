/** Table 2, figure 4 and the limitations, run through at the smallest scale; what table 1 counts. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JudgedAnswer } from '../../packages/core/src/evaluate';
import { Context } from '../../packages/core/src/studies/context';
import { partsOf, priorKnowledge, reasoning } from '../../packages/core/src/studies/failures';
import { figure4 } from '../../packages/core/src/studies/figure4';
import { limitations } from '../../packages/core/src/studies/limitations';
import { valueOf } from '../../packages/core/src/studies/statistics';
import { parameterCounts, table1 } from '../../packages/core/src/studies/table1';
import { table2 } from '../../packages/core/src/studies/table2';
import type { Study } from '../../packages/core/src/studies';
import { randomOpt, randomT5 } from '../recipes/language';
import { randomTower, smallShapes } from '../recipes/tower';

const visionDir = randomTower().dir;
const opt = randomOpt({ maxPositionEmbeddings: 320 }).dir;
const data = {
  ...smallShapes(),
  visionDir,
  visionDirs: { 'ViT-L': visionDir, 'ViT-g': randomTower().dir },
  languageDirs: { opt, 'opt-small': opt, t5: randomT5().dir },
};
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-overview-'));

async function measured(study: Study) {
  const context = new Context({
    ...{ seed: 0, scale: 'smoke', data, runsDir, progress: false },
    note: () => undefined,
  });
  const measurements = await study.measure(context);
  const keys = measurements.map(({ arm, metric, step }) => `${arm} ${metric} ${step}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { metric, better, worse } of study.claims) {
    for (const arm of [better, worse]) expect(valueOf(measurements, arm, metric), arm).toBeDefined();
  }
  return { measurements, examples: context.examples };
}

test('table 1: parameters of the paper’s models, beside what it prints', () => {
  const counts = parameterCounts();
  const printed = table1.paper.filter(({ metric }) => /^(trainable parameters, m|all)/.test(metric));
  const both = printed.flatMap(({ arm, metric, value }) => {
    const ours = valueOf(counts, arm, metric);
    return ours === undefined ? [] : { arm, metric, off: Math.abs(ours / value - 1) };
  });
  expect(both).toHaveLength(13);
  for (const { arm, metric, off } of both) expect(off, `${arm}: ${metric}`).toBeLessThan(0.05);
  const fewer = 'trainable parameters of Flamingo80B, times these';
  expect(valueOf(counts, 'stage 1, ViT-g', fewer)).toBeCloseTo(54.63, 2);
  expect(valueOf(counts, 'ViT-g, FlanT5-XXL', 'trainable, percent of all')).toBeCloseTo(0.886, 3);
});

test('table 2: each vision tower with each language model', async () => {
  const { measurements } = await measured(table2);
  const arms = measurements.filter(({ metric }) => metric === 'VQA accuracy').map(({ arm }) => arm);
  expect(arms.filter((arm) => arm.startsWith('ViT-'))).toHaveLength(6);
}, 300_000);

test('figure 4: prompts, and conversations that go on from what was answered', async () => {
  const { examples } = await measured(figure4);
  const { said } = examples.find(({ kind, by }) => kind === 'conversation' && by === 'OPT')!;
  expect(said).toHaveLength(3);
  expect(said[1].prompt).toBe(`what size is the ${said[0].text}?`);
}, 300_000);

test('limitations: examples in the prompt, and three kinds of failure', async () => {
  const { measurements, examples } = await measured(limitations);
  expect(valueOf(measurements, 'OPT, objects newer than its texts', 'answers about size right')).toBe(0);
  const outdated = examples.filter(({ kind }) => kind.startsWith('outdated'));
  expect(outdated.length).toBeGreaterThan(0);
  for (const { world, said } of outdated) {
    expect(world).toMatchObject({ sizes: 1 });
    expect(said[0]).toMatchObject({ truth: 'medium', right: false });
  }
}, 300_000);

describe('failures among answers', () => {
  const answer = (kind: string, question: string, right: boolean, picture = 0): JudgedAnswer => ({
    ...{ kind, question, answer: right ? 'a' : 'b', prediction: 'a', right, picture },
  });
  const color = answer('color', 'what color is the circle?', true);
  const sizes = [
    answer('size', 'what size is the circle?', true),
    answer('size', 'what size is the star?', false),
  ];
  const there = answer('exists', 'is there a red circle?', false);
  const count = answer('count', 'how many small objects are there?', false);
  const elsewhere = answer('color', 'what color is the circle?', false, 1);
  const answers = [color, ...sizes, there, count, elsewhere];

  test('an answer follows from those to its parts, about the same picture', () => {
    expect(partsOf(there, answers)).toEqual([color]);
    expect(partsOf(count, answers)).toEqual(sizes);
    expect(partsOf(color, answers)).toEqual([]);
    // Not the count: one of the sizes is wrong.
    expect(reasoning(answers)).toEqual({ followable: [there], wrong: [there] });
  });

  test('what is said without a picture, too', () => {
    const blind = answers.map((one) => ({ ...one, prediction: one === there ? 'a' : 'c' }));
    const { wrong, prior } = priorKnowledge(answers, blind);
    expect([wrong.length, prior]).toEqual([4, [there]]);
  });
});
