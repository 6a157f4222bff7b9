/** The command as its users see it: standard output, standard error, exit code. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../packages/core/src/cli/doctor';
import { blip2 } from './run';

const folder = mkdtempSync(join(tmpdir(), 'blip2-cli-'));

describe('help', () => {
  test.each([
    [['--help'], ['setup', 'doctor', 'pretrain', 'evaluate', 'metrics', 'reproduce']],
    [
      ['pretrain', 'stage1', '--help'],
      ['--recipe', '--data', '--out', '--resume', '--set', '--dry-run', '--json'],
    ],
    [
      ['evaluate', 'retrieval', '--help'],
      ['--model', '--data', '--split', '--k', '--equal-texts'],
    ],
    [
      ['reproduce', 'stage1', '--help'],
      ['--seeds', '--scale'],
    ],
  ])('%j, without loading TensorFlow', async (args, words) => {
    const { code, stdout, stderr } = await blip2(...args);
    expect(code).toBe(0);
    for (const word of words) expect(stdout).toContain(word);
    expect(stderr).toBe('TensorFlow not loaded\n');
  });
});

describe('wrong usage ends with exit code 2 and says what would be right', () => {
  const pretrain = (...args: string[]) => [
    'pretrain',
    'stage1',
    '--data',
    'shapes',
    '--out',
    join(folder, 'x'),
    ...args,
  ];
  test.each([
    ['an unknown command', ['pretrian'], /Did you mean pretrain/],
    ['a missing option', ['pretrain', 'stage1', '--recipe', 'shapes', '--data', 'shapes'], /--out/],
    ['an unknown recipe', pretrain('--recipe', 'shaps'), /Unknown recipe shaps[^]*Did you mean shapes\?/],
    [
      'an unknown option of a recipe',
      pretrain('--recipe', 'shapes', '--set', 'step=6'),
      /step[^]*Did you mean steps\?/,
    ],
    ['a setting without a value', pretrain('--recipe', 'shapes', '--set', 'steps'), /key=value/],
    ['a setting within a number', pretrain('--recipe', 'shapes', '--set', 'steps.x=1'), /single value/],
    ['no seeds', ['reproduce', 'stage1', '--seeds', '0'], /at least 1/],
    ['threads that are no number', ['bench', '--threads', 'many'], /A whole number/],
    [
      'an unknown variant',
      ['bench', '--variants', 'fast'],
      /no variant fast of these cases; there are eager, compiled/,
    ],
    ['an unknown case', ['bench', 'everything'], /no case everything; there are train-stage1-shapes/],
    ['a number that is none', ['reproduce', 'stage1', '--seeds', 'many'], /A whole number/],
    [
      'an unknown split',
      ['evaluate', 'retrieval', '--model', 'x', '--data', 'shapes', '--split', 'dev'],
      /validation/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await blip2(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

describe('failures end with exit code 1', () => {
  test('a folder that is no run', async () => {
    const { code, stderr } = await blip2('evaluate', 'retrieval', '--model', folder, '--data', 'shapes');
    expect(stderr).toMatch(/is not a run folder[^]*→ Give the folder/);
    expect(code).toBe(1);
  });
});

test('doctor --json prints one document that names TensorFlow and the processor', async () => {
  const { code, stdout } = await blip2('doctor', '--json');
  const diagnosis = JSON.parse(stdout) as Diagnosis;
  expect(diagnosis.tensorflow!.native).toBe(true);
  expect(diagnosis.tensorflow!.version).toMatch(/^2\.(1[6-9]|[2-9]\d)\./);
  expect(diagnosis).toMatchObject({ ok: true, problems: [], node: process.version });
  expect(diagnosis).toHaveProperty('cpu.features');
  const { bfloat16, float16 } = diagnosis.precision!;
  for (const { few, many } of [bfloat16, float16]) {
    expect(['direct', 'units', 'widened']).toEqual(expect.arrayContaining([few, many]));
  }
  expect(float16.error.rounded).toBeLessThan(5e-3);
  expect(bfloat16.error.rounded).toBeLessThan(5e-2);
  if (float16.few === 'direct') expect(float16.error.computed).toBeLessThan(1e-5);
  expect(code).toBe(0);
});
