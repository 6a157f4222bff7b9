/** From the command line alone: pre-train on a small Shapes world, go on, evaluate. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SafetensorsFile } from '../../packages/core/src/checkpoints';
import type { Forecast } from '../../packages/core/src/cli/dryRun';
import { blip2 } from './run';

const DATA = 'shapes?train=80&validation=20&test=20';
const out = join(mkdtempSync(join(tmpdir(), 'blip2-pretrain-')), 'run');
process.env.BLIP2_RUNS = join(out, '..');

/** Of the dry run. */
let forecast: Forecast;

const pretrain = (...args: string[]) =>
  blip2(
    'pretrain',
    'stage1',
    '--recipe',
    'shapes',
    '--data',
    DATA,
    '--out',
    out,
    '--set',
    'steps=8',
    '--set',
    'warmupSteps=2',
    ...args,
  );

describe('pretrain stage1, then evaluate retrieval', () => {
  test('--dry-run prints the recipe and writes nothing', async () => {
    const { code, stdout } = await pretrain('--dry-run', '--measure', '2', '--json');
    const printed = JSON.parse(stdout) as { plan: Forecast };
    expect(printed).toMatchObject({
      name: 'stage1-shapes',
      training: { steps: 8 },
      config: { queries: 8 },
      out,
    });
    forecast = printed.plan;
    expect(forecast).toMatchObject({ steps: 8, samples: 512, pictures: 80, measured: { steps: 2 } });
    expect(forecast.measured!.samplesPerSecond).toBeGreaterThan(0);
    const { peak, peakByRecompute } = forecast.memory;
    expect(peakByRecompute).toBeLessThan(peak);
    expect(existsSync(out)).toBe(false);
    expect(code).toBe(0);
  });

  test('--json prints one document; progress goes to standard error', async () => {
    const { code, stdout, stderr } = await pretrain('--json');
    expect(JSON.parse(stdout)).toMatchObject({ dir: out, step: 8, interrupted: false, last: { step: 7 } });
    expect(stderr).toMatch(
      /step 8\/8 {2}loss [\d.]+ {2}itc [\d.]+ {2}itm [\d.]+ {2}itg [\d.]+ {2}\d+ img\/s/,
    );
    expect(readFileSync(join(out, 'log.jsonl'), 'utf8').trim().split('\n')).toHaveLength(8);
    const file = new SafetensorsFile(join(out, 'checkpoints', 'step-8', 'model.safetensors'));
    const counts = file.names().map((name) => file.info(name).shape.reduce((size, side) => size * side, 1));
    expect(counts.reduce((sum, count) => sum + count)).toBe(forecast.trainable);
    expect(code).toBe(0);
  });

  test('a folder with a run needs --resume, which takes a finished one as it is', async () => {
    const refused = await pretrain();
    expect(refused.stderr).toMatch(/already holds a run[^]*--resume/);
    expect(refused.code).toBe(1);
    const resumed = await pretrain('--resume', '--json');
    expect(JSON.parse(resumed.stdout)).toMatchObject({ step: 8 });
    expect(resumed.code).toBe(0);
  });

  test('recall as JSON and as a table', async () => {
    const evaluate = ['evaluate', 'retrieval', '--model', out, '--data', DATA, '--k', '5'];
    const { code, stdout } = await blip2(...evaluate, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      model: out,
      split: 'test',
      images: 20,
      k: 5,
      rows: [{}, {}, {}, {}],
    });
    expect(code).toBe(0);
    const table = (await blip2(...evaluate)).stdout.split('\n');
    expect(table[0]).toMatch(/^scores +direction +R@1 +R@5 +R@10$/);
    expect(table).toHaveLength(6);
  });
});

test('what filters leave out is told at the end', async () => {
  const words = join(out, '..', 'words.txt');
  writeFileSync(words, 'red\nblue\n');
  const data = `${DATA}&trainFilter=${words}`;
  const to = ['--data', data, '--out', `${out}-filtered`, '--set', 'steps=1', '--set', 'batchSize=8'];
  const { code, stdout, stderr } = await blip2('pretrain', 'stage1', '--recipe', 'shapes', ...to, '--json');
  const { leftOut } = JSON.parse(stdout) as { leftOut: { of: number; by: Record<string, number> } };
  expect(leftOut).toEqual({ of: 80, by: { 'blocked words': expect.any(Number) as number } });
  expect(leftOut.by['blocked words']).toBeGreaterThan(10);
  expect(stderr).toContain(`examples: ${leftOut.by['blocked words']} of 80: blocked words`);
  expect(code).toBe(0);
});
