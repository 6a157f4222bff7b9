/**
 * From the command line, as at the paper's size: the recipes' own numbers on random towers of its shapes and small sets
 * laid out as the public ones; what comes of it fills the rows of the tables that need such models.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { shapesDirectory } from '@blip2/datasets';
import { openRun } from '../../packages/core/src/recipes';
import { examplesOf, programOf, root as docsRoot } from '../docs/examples';
import { writeModel } from '../evaluate/published/models';
import { writeSets } from '../evaluate/published/sets';
import { randomOpt } from '../recipes/language';
import { writeCocoCaptions, writeMix, writeVgQuestions, writeVqav2 } from '../recipes/questionSets';
import { randomEvaDir } from '../recipes/tower';
import { blip2Here } from './run';

const root = mkdtempSync(join(tmpdir(), 'blip2-finetune-streamed-'));
process.env.BLIP2_RUNS = join(root, 'runs');
process.env.HF_HUB_CACHE = join(root, 'hub');
const at = (...names: string[]) => join(root, ...names);
const model = (name: string) => at('models', name);
const sets = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
const few = sets('steps=2', 'batchSize=2', 'warmupSteps=1');

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await blip2Here(...args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('fine-tuning by the recipes of the paper', { timeout: 900_000 }, () => {
  let coco: string;
  let questions: string;
  const on = (data: string, ...from: string[]) => ['--recipe', 'paper-vit-g', '--data', data, ...from];

  beforeAll(async () => {
    coco = await writeCocoCaptions(at('coco'), 6);
    const vqav2 = [
      await writeVqav2(at('vqav2'), 'train2014', 4),
      await writeVqav2(at('vqav2'), 'val2014', 2),
    ];
    questions = writeMix([...vqav2, await writeVgQuestions(at('vg'), 2)]);
    const small = ['width=16', 'layers=2', 'heads=2', 'feedForward=16'].map((size) => `qformer.${size}`);
    const pictures = sets(...small, 'queries=2', 'imageSize=56', 'towerType=float32');
    // Patches of 14 pixels, as the paper's towers: 364 and 490 can be cut into them.
    const tower = randomEvaDir({ imageSize: 56, patchSize: 14 });
    const tokenizer = join(shapesDirectory, 'tokenizer');
    const parts = sets(
      `tower=${tower}`,
      `tokenizer=${tokenizer}`,
      'qformer.projection=8',
      'qformer.positions=64',
    );
    await done('pretrain', 'stage1', ...on(coco), '--out', at('stage1'), ...few, ...pictures, ...parts);
    const language = ['--language', randomOpt({ maxPositionEmbeddings: 160 }).dir, '--from', at('stage1')];
    await done('pretrain', 'stage2', ...on(coco), ...language, '--out', at('stage2'), ...few, ...pictures);
  }, 900_000);

  const commands = (): Record<string, string[]> => ({
    caption: [...on(coco, '--from', at('stage2')), '--out', model('blip2-opt-2.7b-coco')],
    vqa: [
      ...on(questions, '--from', at('stage2'), '--stage1', at('stage1')),
      ...['--out', model('blip2-opt-2.7b-vqa')],
    ],
    retrieval: [...on(coco, '--from', at('stage1')), '--out', model('blip2-itm-vit-g-coco')],
  });
  /** From a model folder, such as those of the hub. */
  const fromFolder = () => [
    ...['--recipe', 'paper-vit-l', '--data', coco, '--from', writeModel('itm', at('blip2-itm-vit-l'))],
    ...['--out', model('blip2-itm-vit-l-coco'), ...sets('imageSize=56')],
  ];

  test.each([
    ['caption', { steps: 11_065, batchSize: 256 }, { imageSize: 364, layerDecay: 1 }, 6],
    ['vqa', { steps: 82_165, batchSize: 128 }, { imageSize: 490, layerDecay: 0.95 }, 10],
    ['retrieval', { steps: 12_650, batchSize: 224 }, { imageSize: 364, layerDecay: 0.95 }, 6],
  ] as const)(
    '%s: a dry run says what it takes, and trains nothing',
    async (kind, loop, config, pictures) => {
      const dry = JSON.parse(await done('finetune', kind, ...commands()[kind], '--dry-run', '--json')) as {
        training: object;
        config: Record<string, unknown>;
        plan: Record<string, number> & {
          memory: Record<string, number>;
          parts: { name: string; trained: boolean }[];
        };
      };
      expect(dry.training).toMatchObject({
        ...loop,
        ...{ learningRate: 1e-5, minLearningRate: 0, warmupSteps: 1000, beta1: 0.9, beta2: 0.999 },
        ...{ weightDecay: 0.05, clipNorm: 0, precision: 'bf16', recompute: true },
      });
      expect(dry.config).toMatchObject({ imageSize: config.imageSize, layerDecay: config.layerDecay });
      const { plan } = dry;
      expect(plan).toMatchObject({ steps: loop.steps, samples: loop.steps * loop.batchSize, pictures });
      expect(plan.trainable).toBeGreaterThan(0);
      expect(plan.memory.peak).toBeGreaterThan(plan.memory.weights + plan.memory.moments);
      const trained = plan.parts.filter((part) => part.trained).map(({ name }) => name);
      expect(trained).toEqual(['vision tower', 'Q-Former']);
    },
  );

  test('the example of docs/finetuning.md runs', () => {
    const code = programOf(examplesOf('docs/finetuning.md'))
      .replace("'runs/stage2'", JSON.stringify(at('stage2')))
      .replace("'coco?dir=sets/coco&split=train'", JSON.stringify(coco))
      .replace("'models/blip2-opt-2.7b-coco'", JSON.stringify(at('example')))
      .replace('...settings,', '...settings, steps: 2, batchSize: 2, warmupSteps: 1,');
    writeFileSync(at('example.mts'), code);
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), at('example.mts')],
      { encoding: 'utf8', env: { ...process.env, TSX_TSCONFIG_PATH: join(docsRoot, 'tsconfig.json') } },
    );
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(openRun(at('example'), { stages: ['caption'] })).toMatchObject({ step: 2, interrupted: false });
  });

  test('runs, lying where the tables look for models, fill their rows', async () => {
    for (const [kind, command] of Object.entries(commands()))
      await done('finetune', kind, ...command, ...few);
    await done('finetune', 'retrieval', ...fromFolder(), ...few);
    await writeSets(at('sets'), 2);
    const { code, stdout, stderr } = await blip2Here(
      ...['reproduce', 'table3', 'table4', 'table5', 'table6', '--scale', 'paper', '--models', at('models')],
      ...['--sets', at('sets'), '--out', at('out'), '--limit', '2', '--dtype', 'float16', '--json'],
    );
    expect(code).toBe(1); // there are no models for the other rows
    expect(stderr).toContain('model blip2-opt-6.7b-vqa');
    type Cell = { ours?: number; state?: string };
    const { tables } = JSON.parse(stdout) as {
      tables: { name: string; failures: string[]; rows: { name: string; cells: Record<string, Cell> }[] }[];
    };
    expect(tables.flatMap(({ failures }) => failures)).toEqual([]);
    const row = (table: string, name: string) =>
      tables.find((one) => one.name === table)!.rows.find((one) => one.name === name)!.cells;
    expect(row('table3', 'ViT-g OPT-2.7B')['COCO CIDEr'].ours).toBeGreaterThanOrEqual(0);
    expect(row('table3', 'ViT-g OPT-2.7B')['NoCaps all CIDEr'].ours).toBeGreaterThanOrEqual(0);
    expect(row('table4', 'ViT-g OPT-2.7B')['VQAv2 test-dev'].state).toBe('server');
    expect(row('table5', 'ViT-g')['COCO TR@1'].ours).toBeGreaterThanOrEqual(0);
    expect(row('table5', 'ViT-L')['COCO TR@1'].ours).toBeGreaterThanOrEqual(0);
    expect(row('table6', 'ITC + ITM')['COCO TR@1'].state).toBe('missing');
  });
});
