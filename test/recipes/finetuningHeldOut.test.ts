/** What is set aside of streamed data in fine-tuning: questions with their pictures, captioned pictures; and the best run by them. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import { heldOut, openSource, PictureLoader } from '../../packages/core/src/data';
import {
  captioning,
  openRun,
  retrieval,
  stage1,
  stage2,
  streamed,
  vqa,
  type Stage1Model,
  type Stage2Model,
  type StreamedDataset,
} from '../../packages/core/src/recipes';
import {
  readBest,
  recordOf,
  train,
  type KeepBest,
  type Recipe,
  type Run,
} from '../../packages/core/src/train';
import { temporaryDir } from '../data/sourcesFixture';
import { randomOpt } from './language';
import { writeCocoCaptions, writeMix, writeVgQuestions, writeVqav2 } from './questionSets';
import { randomTowerDir, SMALL } from './tower';

const runsDir = mkdtempSync(join(tmpdir(), 'blip2-finetuning-heldout-'));
const LOOP = { steps: 4, batchSize: 4, learningRate: 1e-2, warmupSteps: 1 };
const { projection: _, ...qformer } = SMALL.qformer;
const open = (specification: string) => streamed(specification, { workers: 1, prefetch: 1 });
const evaluations = (log: Run['log']) =>
  log.flatMap(({ evaluation }) => (evaluation ? [evaluation as Record<string, number>] : []));

const RECALL = ['ITC', 'ITM'].flatMap((scores) =>
  ['image→text', 'text→image'].map((direction) => `${scores} ${direction} R@1`),
);

let mix: string;
beforeAll(async () => {
  const dir = temporaryDir();
  // Both splits are given the same pictures, so that one is asked about in two parts of the mix.
  mix = writeMix([
    await writeVqav2(dir, 'train2014', 16),
    await writeVqav2(dir, 'train2014', 16),
    await writeVgQuestions(temporaryDir(), 6),
  ]);
});

describe('questions that are held out', () => {
  test('come picture by picture, with all that is asked about it wherever in a mix, and everybody’s answers', async () => {
    const source = await openSource(mix);
    const held = await heldOut(source, { count: 4, imageSize: 16 });
    expect(held.size).toBe(4);
    const files = Array.from({ length: 4 }, (_, i) => held.id(i));
    expect(new Set(files).size).toBe(4);
    const about = Array.from({ length: source.size }, (_, i) => i).filter((i) =>
      files.includes(source.place(i).file),
    );
    expect([...held.indices]).toEqual(about);
    const all = files.flatMap((_, i) => [...held.questions!(i)]);
    expect(all).toHaveLength(about.length);
    const kinds = new Set(all.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['vgqa', 'vqav2']);
    for (const { kind, answer, answers } of all) {
      expect(answers?.length).toBe(kind === 'vqav2' ? 10 : undefined);
      if (answers) expect(answers.filter((one) => one === answer)).toHaveLength(7);
    }
    expect(held.pixels(0)).toHaveLength(16 * 16 * 3);
    await source.close();
  });

  test('are never drawn for training, nor is anything else about their pictures', async () => {
    const source = await openSource(mix);
    const held = await heldOut(source, { count: 4, imageSize: 16 });
    const files = Array.from({ length: 4 }, (_, i) => held.id(i));
    const options = { batchSize: 8, seed: 0, imageSize: 16, augment: false, workers: 1, prefetch: 1 };
    const loader = new PictureLoader(source, { ...options, without: held.indices });
    for (let step = 0; step < 20; step++) {
      const { indices } = await loader.batch(step);
      for (const index of indices) expect(files).not.toContain(source.place(index).file);
    }
    await loader.dispose();
    await source.close();
  });
});

describe('fine-tuning with something held out', { timeout: 600_000 }, () => {
  let coco: StreamedDataset;
  let questions: StreamedDataset;
  let before: Run<Stage1Model>;
  let from: Run<Stage2Model>;

  beforeAll(async () => {
    coco = await open(await writeCocoCaptions(temporaryDir(), 12));
    questions = await open(mix);
    const pictures = { data: coco, tower: randomTowerDir(), maxTextLength: 16 };
    const tokenizer = join(shapesDirectory, 'tokenizer');
    const language = randomOpt({ maxPositionEmbeddings: 96 }).dir;
    const options = { runsDir, progress: false as const };
    before = await train(stage1({ ...SMALL, ...pictures, tokenizer, steps: 1 }), options);
    from = await train(stage2({ ...SMALL, ...pictures, language, qformer, from: before, steps: 1 }), options);
  }, 600_000);

  const kinds = (heldOut: number) => ({
    vqa: () => vqa({ data: questions, from, stage1: before, ...LOOP, heldOut }),
    caption: () => captioning({ data: coco, from, ...LOOP, heldOut }),
    retrieval: () => retrieval({ data: coco, from: before, ...LOOP, heldOut, gradCache: 2 }),
  });
  const measure = <M>(recipe: Recipe<M>, keepBest: KeepBest, out: string, resume = false) =>
    train(recipe, {
      ...{ runsDir, progress: false as const, out: join(runsDir, out), resume, keepBest },
      ...{ evaluateEvery: 1, checkpointEvery: 1, validate: true },
    });

  test.each([
    ['vqa', ['VQA accuracy', 'VQA accuracy, vqav2', 'VQA accuracy, vgqa']],
    ['caption', ['CIDEr', 'BLEU-4']],
    ['retrieval', [...RECALL, 'itc', 'itm', 'itg']],
  ] as const)('%s: loss and scores on the way, the best by the loss can be opened', async (kind, scores) => {
    const { dir, log } = await measure<unknown>(kinds(4)[kind](), { metric: 'loss', better: 'lower' }, kind);
    const found = evaluations(log);
    expect(found).toHaveLength(LOOP.steps);
    for (const one of found) {
      expect(Object.keys(one).sort()).toEqual([...scores, 'loss'].sort());
      expect(Object.values(one).every(Number.isFinite)).toBe(true);
    }
    expect(new Set(found.map(({ loss }) => loss)).size).toBe(LOOP.steps);
    const best = found.reduce((least, { loss }, i) => (loss < found[least].loss ? i : least), 0);
    expect(readBest(dir)).toMatchObject({ step: best + 1, value: found[best].loss });
    expect(openRun(dir, { stages: [kind], step: 'best' }).step).toBe(best + 1);
  });

  test('retrieval: the loss is the sum of its terms, as in training; the best by a recall', async () => {
    const keep = { metric: RECALL[0], better: 'higher' } as const;
    const { dir, log } = await measure(kinds(4).retrieval(), keep, 'recall');
    const found = evaluations(log);
    for (const { loss, itc, itm, itg } of found) expect(loss).toBeCloseTo(itc + itm + itg, 4);
    expect(readBest(dir)).toMatchObject({ value: Math.max(...found.map((one) => one[RECALL[0]])) });
  });

  test('vqa: the best by accuracy', async () => {
    const keep = { metric: 'VQA accuracy', better: 'higher' } as const;
    const { dir, log } = await measure(kinds(4).vqa(), keep, 'accuracy');
    const accuracies = evaluations(log).map((one) => one['VQA accuracy']);
    expect(readBest(dir)).toMatchObject({ metric: 'VQA accuracy', value: Math.max(...accuracies) });
  });

  test('without anything held out there is nothing to measure, and the run is the one that it was before', async () => {
    const recipe = vqa({ data: questions, from, stage1: before, ...LOOP });
    const none = train(recipe, {
      runsDir,
      progress: false,
      out: join(runsDir, 'none'),
      evaluateEvery: 1,
      validate: true,
    });
    await expect(none).rejects.toThrow();
    expect(recordOf(recipe).config).not.toHaveProperty('heldOut');
    expect(recordOf(kinds(4).vqa()).hash).not.toBe(recordOf(recipe).hash);
  });
});
