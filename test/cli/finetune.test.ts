/** From the command line alone: pre-train, fine-tune for retrieval, evaluate with what only Shapes can tell. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blip2Here as blip2 } from './run';

const DATA = 'shapes?train=40&validation=10&test=10';
const runsDir = mkdtempSync(join(tmpdir(), 'blip2-finetune-'));
process.env.BLIP2_RUNS = runsDir;
const [stage1, tuned] = ['stage1', 'tuned'].map((name) => join(runsDir, name));
const sets = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
const common = ['--recipe', 'shapes', '--data', DATA];
const loop = sets('steps=2', 'batchSize=4', 'warmupSteps=1');
const small = sets('qformer.width=16', 'qformer.layers=1', 'qformer.heads=2', 'qformer.feedForward=16');

describe('finetune retrieval', () => {
  beforeAll(async () => {
    const args = ['pretrain', 'stage1', ...common, '--out', stage1, ...loop, ...small];
    expect((await blip2(...args)).stderr).not.toMatch(/error/);
  });

  const finetune = (from: string, ...more: string[]) =>
    blip2('finetune', 'retrieval', ...common, '--from', from, '--out', tuned, ...loop, ...more);

  test('trains the tower too, and is evaluated', async () => {
    const { code, stdout } = await finetune(stage1, '--set', 'losses.itg=0', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      dir: tuned,
      recipe: { name: 'retrieval-shapes' },
      step: 2,
      last: { step: 1 },
    });
    expect(code).toBe(0);
    const evaluate = ['evaluate', 'retrieval', '--model', tuned, '--data', DATA, '--by-truth', '--swaps'];
    const result = await blip2(...evaluate, '--json');
    const found = JSON.parse(result.stdout) as Record<string, unknown[]>;
    expect(found.rows).toHaveLength(4);
    expect(found.truthRows).toHaveLength(4);
    expect(found.swaps).toHaveLength(5);
    const table = (await blip2(...evaluate)).stdout;
    expect(table).toMatch(/^ITM, by truth +text→image/m);
    expect(table).toMatch(/^axis +10 /m);
  });

  test('goes on with a run of stage 1 alone', async () => {
    const { code, stderr } = await finetune(tuned, '--dry-run');
    expect(stderr).toMatch(/is a run of "retrieval", not of stage1/);
    expect(code).toBe(1);
    expect((await blip2('finetune', 'retrieval', ...common, '--out', tuned)).code).toBe(2);
  });
});

describe('finetune caption and vqa', () => {
  const [stage2, captions, answers] = ['stage2', 'captions', 'answers'].map((name) => join(runsDir, name));

  beforeAll(async () => {
    const args = [...common, '--language', 't5', '--from', stage1, '--out', stage2, ...loop];
    expect((await blip2('pretrain', 'stage2', ...args)).stderr).not.toMatch(/error/);
  });

  test('captions: trained, then evaluated against those of the data', async () => {
    const args = [...common, '--from', stage2, '--out', captions, ...loop, '--json'];
    const { stdout } = await blip2('finetune', 'caption', ...args);
    expect(JSON.parse(stdout)).toMatchObject({ recipe: { name: 'caption-shapes' }, step: 2 });
    const evaluate = [
      'evaluate',
      'caption',
      '--model',
      captions,
      '--data',
      DATA,
      '--limit',
      '3',
      '--num-beams',
      '1',
    ];
    const found = JSON.parse((await blip2(...evaluate, '--json')).stdout) as Record<string, unknown>;
    expect(found).toMatchObject({ pictures: 3, split: 'test' });
    expect(found.captions).toHaveLength(3);
    expect((await blip2(...evaluate)).stdout).toMatch(/^CIDEr +\d/m);
  });

  test('questions: beside the queries too, where stage 1 is given', async () => {
    const args = [...common, '--from', stage2, '--stage1', stage1, '--out', answers, ...loop];
    expect((await blip2('finetune', 'vqa', ...args)).code).toBe(0);
    const evaluate = [
      'evaluate',
      'vqa',
      '--model',
      answers,
      '--data',
      DATA,
      '--limit',
      '2',
      '--num-beams',
      '1',
    ];
    expect(JSON.parse((await blip2(...evaluate, '--json')).stdout)).toMatchObject({ pictures: 2 });
  });
});
