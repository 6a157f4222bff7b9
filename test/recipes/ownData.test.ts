// The whole path with data of one's own: a folder, its tokenizers and towers, both stages, questions and captions.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePng } from '../../datasets/src';
import { loadLanguageModel, type OwnDataset } from '../../packages/core/src/data';
import {
  chanceRecall,
  clipRetrieval,
  evaluateRetrieval,
  evaluateVqa,
} from '../../packages/core/src/evaluate';
import {
  emojiStage1,
  emojiStage2,
  loadData,
  makeTowers,
  openData,
  openRun,
  stage1,
  stage2,
} from '../../packages/core/src/recipes';
import { augment } from '../../packages/core/src/recipes/towers';
import { Tokenizer } from '../../packages/core/src/text';
import { train } from '../../packages/core/src/train';

const SIDE = 16;
const COLORS = { red: [255, 0, 0], green: [0, 255, 0], blue: [0, 0, 255] };
const root = mkdtempSync(join(tmpdir(), 'own-'));
const dir = join(root, 'squares');
const quick = {
  steps: 2,
  batchSize: 8,
  warmupSteps: 1,
  progress: false,
  runsDir: join(root, 'runs'),
} as const;
const settings = { steps: 2, batchSize: 8, warmupSteps: 1 };

let data: OwnDataset;

beforeAll(async () => {
  mkdirSync(dir);
  const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
  const splits = ['train', 'train', 'train', 'validation', 'test'];
  const records = Array.from({ length: 60 }, (_, i) => ({
    image: `${i}.png`,
    color: names[i % 3],
    split: splits[i % 5],
  }));
  for (const { image, color } of records) {
    const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, at) => COLORS[color][at % 3]);
    writeFileSync(join(dir, image), encodePng(pixels, SIDE, SIDE));
  }
  const write = (name: string, lines: object[]) =>
    writeFileSync(join(dir, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  write(
    'captions.jsonl',
    records.map(({ image, color, split }) => ({ image, split, caption: `a ${color} square` })),
  );
  write(
    'questions.jsonl',
    records.map(({ image, color }) => ({ image, question: 'what color is it?', answer: color })),
  );
  data = (await loadData(`${dir}?imageSize=${SIDE}`)) as OwnDataset;
});

describe('towers', () => {
  it('are made where the data looks for them, and not made twice', async () => {
    const made: string[] = [];
    const onTower = (name: string) => made.push(name);
    const runs = await makeTowers(data, { ...quick, names: ['clip', 'opt'], onTower });
    expect(runs.map(({ step }) => step)).toEqual([2, 2]);
    expect(made).toEqual(['clip', 'opt']);
    expect(existsSync(join(dir, 'blip2', 'towers', 'clip', 'model.safetensors'))).toBe(true);
    expect(Object.keys(data.languageDirs!)).toEqual(['opt']);
    const [again] = await makeTowers(data, { ...quick, names: ['opt'] });
    expect(again.dir).toBe(runs[1].dir);
    await expect(makeTowers(data, { names: ['vit'] })).rejects.toThrow(/no tower 'vit'/);
  });

  it('have a tokenizer in which frequent words are whole, and rare ones spelled', () => {
    const tokenizer = Tokenizer.fromFolder(data.tokenizerDir);
    expect(tokenizer.encode('a red square')).toHaveLength(5);
    expect(tokenizer.decode(tokenizer.encode('a cat'))).toBe('a cat');
  });
});

it('goes from stage 1 to retrieval, and from stage 2 to captions and answers', async () => {
  const own = openData(`${dir}?imageSize=${SIDE}`);
  const chance = chanceRecall(own.test);
  expect(chance[0].r1).toBeCloseTo(100 / 3);
  expect(chance[0].r5).toBe(100);
  const clip = clipRetrieval(own);
  expect((await evaluateRetrieval(clip, own.test, { k: 0 })).rows[0].r5).toBe(100);
  clip.dispose();

  const first = await train(stage1({ ...emojiStage1, ...settings, data: own }), quick);
  const { rows } = await evaluateRetrieval(first.model, own.test, { k: 2 });
  expect(rows).toHaveLength(4);
  expect(openRun(first.dir, { runsDir: quick.runsDir }).model).toBeDefined();

  const language = loadLanguageModel(own.languageDirs!.opt);
  const second = await train(
    stage2({ ...emojiStage2, ...settings, data: own, language, from: first }),
    quick,
  );
  const [[{ text }]] = await second.model.caption(own.test, [0], { maxNewTokens: 4 });
  expect(typeof text).toBe('string');
  const answers = await evaluateVqa(second.model, own.test, { limit: 2, generation: { numBeams: 1 } });
  expect(answers.rows.map(({ kind }) => kind)).toEqual(['all', 'question']);
});

it('a folder that was moved is the same data: its run goes on, and comes back', async () => {
  const recipe = (at: string) =>
    stage1({ ...emojiStage1, ...settings, data: openData(`${at}?imageSize=${SIDE}`) });
  const stop = new AbortController();
  const run = { ...quick, out: join(root, 'moved') };
  await train(recipe(dir), { ...run, signal: stop.signal, onStep: () => stop.abort() });
  const elsewhere = join(root, 'elsewhere');
  renameSync(dir, elsewhere);
  try {
    const { step } = await train(recipe(elsewhere), { ...run, resume: true });
    expect(step).toBe(settings.steps);
    expect(openRun(run.out, { stages: ['stage1'], runsDir: quick.runsDir }).model.tokenizerDir).toContain(
      elsewhere,
    );
    const other = 64;
    expect(() =>
      stage1({ ...emojiStage1, data: openData(`${elsewhere}?imageSize=${SIDE}`), imageSize: other }),
    ).toThrow(expect.objectContaining({ hint: `Open them so: --data '${elsewhere}?imageSize=${other}'.` }));
  } finally {
    renameSync(elsewhere, dir);
  }
});

it('a run says when the data has changed since', async () => {
  const own = openData(`${dir}?imageSize=${SIDE}`);
  const run = await train(stage1({ ...emojiStage1, ...settings, data: own }), quick);
  rmSync(join(dir, 'questions.jsonl'));
  expect(() => openRun(run.dir, { runsDir: quick.runsDir })).toThrow(/others than those of the run/);
});

describe('specifications', () => {
  it('with an option that own data lacks name the nearest', () => {
    expect(() => openData(`${dir}?imagesize=16`)).toThrow(/imagesize/);
  });
  it('of no folder and no world name the nearest', () => {
    expect(() => openData('shappes')).toThrow(/shappes/);
  });
});

it('augmentation keeps what is even, and depends on seed, step and row alone', () => {
  const side = 8;
  const flat = new Uint8Array(2 * side * side * 3).fill(100);
  const seen = augment(flat, side, { seed: 0, step: 0 });
  const of = (pixels: Uint8Array, channel: number) =>
    [...pixels.slice(0, side * side * 3)].filter((_, i) => i % 3 === channel);
  for (const channel of [0, 1, 2]) expect(new Set(of(seen, channel)).size).toBe(1);
  expect(augment(flat, side, { seed: 0, step: 0 })).toEqual(seen);
  expect(augment(flat, side, { seed: 0, step: 1 })).not.toEqual(seen);
});
