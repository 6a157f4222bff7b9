/** Both stages on pictures that are read as they are needed: small shards, random towers. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import {
  loadTrainingData,
  openRun,
  sizeOfFinetuning,
  sizeOfRetrieval,
  sizeOfStage1,
  sizeOfStage2,
  stage1,
  stage2,
  streamed,
  type StreamedDataset,
} from '../../packages/core/src/recipes';
import { countParameters } from '../../packages/core/src/nn';
import { createRetrievalModel } from '../../packages/core/src/recipes/retrieval';
import { qformerTokenizer } from '../../packages/core/src/recipes/qformerTokenizer';
import {
  tf,
  type Blip2Error,
  type ParameterSpecs,
  type ParameterStore,
} from '../../packages/core/src/runtime';
import { Tokenizer } from '../../packages/core/src/text';
import { train, type LogEntry } from '../../packages/core/src/train';
import { randomOpt, randomT5 } from './language';
import { writeShards } from './pictures';
import { randomTowerDir, SMALL } from './tower';

const tower = randomTowerDir();
const tokenizer = join(shapesDirectory, 'tokenizer');
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-streamed-'));
const options = { runsDir, progress: false as const };
const settings = { ...SMALL, tower, tokenizer, towerType: 'float16' as const, maxTextLength: 16 };
const { projection: _1, ...qformer } = SMALL.qformer;
const { tokenizer: _2, ...stage2Settings } = { ...settings, qformer };

let specification: string;
let data: StreamedDataset;
beforeAll(async () => {
  specification = await writeShards();
  data = await streamed(specification, { workers: 1, prefetch: 1 });
});

const countOf = (parameters: ParameterStore): number =>
  countParameters(parameters.snapshot() as unknown as ParameterSpecs);
const losses = (log: readonly LogEntry[]) => log.map(({ loss }) => loss);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('stage 1', () => {
  test('the loss falls, no tensor is left behind, and the run is opened again without its data', async () => {
    const tensors: number[] = [];
    const recipe = stage1({ ...settings, data, steps: 40, learningRate: 1e-2, heldOut: 4 });
    const run = await train(recipe, {
      ...options,
      evaluateEvery: 40,
      onStep: () => void tensors.push(tf.memory().numTensors),
    });
    expect(losses(run.log).every(Number.isFinite)).toBe(true);
    expect(mean(losses(run.log).slice(-10))).toBeLessThan(mean(losses(run.log).slice(0, 10)));
    expect(new Set(tensors.slice(2)).size).toBe(1);
    expect(run.log.at(-1)!.evaluation).toHaveProperty(['ITC image→text R@1']);
    const again = openRun(run.dir, { stages: ['stage1'] });
    expect(again.model.tower.hash).toBe(run.model.tower.hash);
    expect(again.model.parameters.snapshot().temp.data).toEqual(run.model.parameters.snapshot().temp.data);
  });

  test('a run that is interrupted and resumed has the values of one that was not', async () => {
    const recipe = stage1({ ...settings, data, seed: 3 });
    const whole = await train(recipe, { ...options, out: join(runsDir, 'whole') });
    const stop = new AbortController();
    const out = join(runsDir, 'parted');
    const onStep = ({ step }: LogEntry) => void (step === 2 && stop.abort());
    const first = await train(recipe, { ...options, out, signal: stop.signal, onStep });
    expect(first.interrupted).toBe(true);
    const second = await train(recipe, { ...options, out, resume: true });
    expect(losses(second.log)).toEqual(losses(whole.log));
  });

  test('a dry run counts what is trained, here and in fine-tuning', () => {
    const size = sizeOfStage1({ ...settings, data });
    const run = openRun(join(runsDir, 'whole'), { stages: ['stage1'] });
    expect(size.trainable).toBe(countOf(run.model.parameters));
    expect(size.parts.map(({ storage }) => storage)).toEqual(['float16', 'float32']);
    const tuned = sizeOfRetrieval({ data, from: run });
    expect(tuned.trainable).toBe(countOf(createRetrievalModel(run.model).parameters));
    expect(tuned.cost.backward).toBeGreaterThan(size.cost.backward);
  });
});

describe.each([
  ['OPT', randomOpt()],
  ['T5', randomT5()],
])('stage 2 in front of %s', (_, { dir: language }) => {
  test('goes on with a streamed stage 1; the loss falls; it is opened again, towers and all', async () => {
    const from = await train(stage1({ ...settings, data, seed: 3 }), {
      ...options,
      out: join(runsDir, 'whole'),
      resume: true,
    });
    const numbers = { steps: 40, learningRate: 1e-2, languageType: 'bfloat16' as const };
    const recipe = stage2({ ...stage2Settings, tower: undefined, data, language, from, ...numbers });
    const run = await train(recipe, options);
    expect(mean(losses(run.log).slice(-10))).toBeLessThan(mean(losses(run.log).slice(0, 10)));
    const again = openRun(run.dir, { stages: ['stage2'] });
    expect(again.model.parts.language.hash).toBe(run.model.parts.language.hash);
    const size = sizeOfStage2({ ...stage2Settings, data, language, from });
    expect(size.trainable).toBe(countOf(run.model.parameters));
    const vision = size.parts[0].parameters;
    expect(sizeOfFinetuning({ data, from: run }).trainable).toBe(size.trainable + vision);
  });
});

describe('what is missing or wrong', () => {
  const failure = (action: () => unknown): Blip2Error => {
    try {
      action();
    } catch (error) {
      return error as Blip2Error;
    }
    throw new Error('it did not fail');
  };

  test('a tower and a tokenizer must be given', () => {
    const withoutTower = failure(() => stage1({ ...settings, data, tower: undefined }));
    expect(withoutTower.message).toBe('Streamed data bring no vision tower');
    expect(withoutTower.hint).toContain('--set tower=DIR');
    expect(failure(() => stage1({ ...settings, data, tokenizer: undefined })).message).toContain('tokenizer');
  });

  test('a name that nothing has', async () => {
    await expect(loadTrainingData('shapse')).rejects.toMatchObject({
      hint: expect.stringContaining('Did you mean shapes?') as string,
      exitCode: 2,
    });
  });

  test('more pictures asked for than there are', async () => {
    const recipe = stage1({ ...settings, data, heldOut: 20 });
    await expect(train(recipe, { ...options, out: join(runsDir, 'few') })).rejects.toThrow('batch of 8');
  });
});

test('BERT has no [DEC]: it is added after all of its words', () => {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-tokenizer-'));
  copyFileSync(join(tokenizer, 'tokenizer_config.json'), join(dir, 'tokenizer_config.json'));
  const definition = JSON.parse(readFileSync(join(tokenizer, 'tokenizer.json'), 'utf8')) as {
    added_tokens: { content: string }[];
    model: { vocab: Record<string, number> };
  };
  const own = qformerTokenizer(tokenizer);
  expect(own.id('[DEC]')).toBe(Tokenizer.fromFolder(tokenizer).id('[DEC]'));
  definition.added_tokens = definition.added_tokens.filter(({ content }) => content !== '[DEC]');
  delete definition.model.vocab['[DEC]'];
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(definition));
  const bare = Tokenizer.fromFolder(dir);
  const added = qformerTokenizer(dir);
  expect(added.id('[DEC]')).toBe(bare.vocabularySize);
  expect(added.vocabularySize).toBe(bare.vocabularySize + 1);
  expect(added.encode('a red square')).toEqual(bare.encode('a red square'));
});
