/** `blip2 score`, as programs see it. */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../packages/core/src/image';
import { pictureSplit } from '../../packages/core/src/data';
import { openRun } from '../../packages/core/src/recipes';
import { blip2Here as blip2 } from './run';

interface Printed {
  images: string[];
  texts: string[];
  itc: number[][];
  itm: number[][];
}

const root = mkdtempSync(join(tmpdir(), 'blip2-score-'));
process.env.BLIP2_RUNS = root;
const picture = join(root, 'picture.png');
const texts = ['a red circle', 'two cats'];

async function score(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await blip2('score', ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Printed;
}

beforeAll(async () => {
  const data = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7) % 251);
  writeFileSync(picture, (await encodePng({ width: 64, height: 64, data })).png);
});

describe('a folder', () => {
  const dir = join(root, 'itm');
  beforeAll(() => {
    cpSync(join(import.meta.dirname, '..', 'fixtures', 'folders', 'itm-new'), dir, { recursive: true });
    cpSync(join(shapesDirectory, 'tokenizer'), dir, { recursive: true });
  });

  test('every image with every text, wherever the images stand', async () => {
    const after = await score('--model', dir, '--text', ...texts, picture, picture);
    expect(after).toMatchObject({ images: [picture, picture], texts });
    for (const rows of [after.itc, after.itm]) {
      expect(rows.map((row) => row.length)).toEqual([2, 2]);
      rows[0].forEach((value, t) => expect(value).toBeCloseTo(rows[1][t], 5));
    }
    const each = texts.flatMap((text) => ['--text', text]);
    expect(await score(picture, picture, '--model', dir, ...each)).toEqual(after);
  });

  test('what is missing is said', async () => {
    const none = await blip2('score', '--model', dir, '--text', ...texts);
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toMatch(/missing required argument 'image'/);
    const absent = await blip2('score', '--model', dir, '--text', 'a cat', join(root, 'absent.png'));
    expect(absent.code).toBe(1);
    expect(absent.stderr).toMatch(/No image at .*absent\.png/);
  });
});

test('a run of stage 1 scores as its model does', async () => {
  const dir = join(root, 'run');
  const data = 'shapes?train=80&validation=20&test=20';
  const trained = await blip2(
    ...['pretrain', 'stage1', '--recipe', 'shapes', '--data', data, '--out', dir],
    ...['--set', 'steps=2', '--set', 'warmupSteps=1'],
  );
  expect(trained.code, trained.stderr).toBe(0);
  const { itc, itm } = await score('--model', dir, '--text', ...texts, picture);
  const { model } = openRun(dir, { stages: ['stage1'] });
  const pool = await model.encodePool(await pictureSplit([picture], 64), texts);
  expect(itc[0].length).toBe(2);
  itc[0].forEach((value, t) => expect(value).toBeCloseTo(pool.similarities[t], 4));
  for (const probability of itm[0]) expect(probability).toBeGreaterThan(0);
  expect(itm[0][0]).not.toBe(itm[0][1]);
});

test('a model that writes text has no scores', async () => {
  const model = join(shapesDirectory, 'blip2-opt');
  const { code, stderr } = await blip2('score', '--model', model, '--text', 'a', picture);
  expect(code).toBe(2);
  expect(stderr).toMatch(/writes text; it has no scores/);
});
