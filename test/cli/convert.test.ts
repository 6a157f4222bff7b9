/** `blip2 convert` and `blip2 score`, as programs see them. */
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { beforeAll, describe, expect, test } from 'vitest';
import { PytorchFile, writePytorch } from '../../packages/core/src/checkpoints';
import { encodePng } from '../../packages/core/src/image';
import { eva, randomTensors, stage1 } from '../checkpoints/lavisDicts';
import { blip2 } from './run';

const root = mkdtempSync(join(tmpdir(), 'blip2-convert-'));
const checkpoint = join(root, 'stage1.pth');
writePytorch(checkpoint, randomTensors({ ...eva(88, 2), ...stage1(88) }, 4));

test('convert: there and back, with what is to be known of it', async () => {
  const dir = join(root, 'model');
  const there = await blip2('convert', checkpoint, dir, '--json');
  expect(there.code, there.stderr).toBe(0);
  expect(JSON.parse(there.stdout)).toMatchObject({ from: checkpoint, to: dir, kind: 'retrieval' });
  expect(there.stderr).toContain('kept in lavis.safetensors');
  expect(there.stderr).toContain('no tokenizer yet');
  expect(existsSync(join(dir, 'preprocessor_config.json'))).toBe(true);
  const file = join(root, 'back.pth');
  const back = await blip2('convert', dir, file, '--without-towers');
  expect(back.code, back.stderr).toBe(0);
  expect(back.stdout).toContain(`${file}: retrieval`);
  expect(new PytorchFile(file).names().sort()).toEqual(Object.keys(stage1(88)).sort());
});

test('convert: what is not there, and what is no checkpoint', async () => {
  const none = await blip2('convert', join(root, 'none.pth'), join(root, 'x'));
  expect(none).toMatchObject({ code: 2, stdout: '' });
  writeFileSync(join(root, 'text.pth'), 'not a checkpoint at all');
  const text = await blip2('convert', join(root, 'text.pth'), join(root, 'x'));
  expect(text.code).toBe(1);
  expect(text.stderr).toMatch(/text\.pth is no checkpoint of PyTorch/);
});

describe('score', () => {
  const dir = join(root, 'itm');
  const picture = join(root, 'picture.png');
  beforeAll(async () => {
    cpSync(join(import.meta.dirname, '..', 'fixtures', 'folders', 'itm-new'), dir, { recursive: true });
    cpSync(join(shapesDirectory, 'tokenizer'), dir, { recursive: true });
    const { png } = await encodePng({ width: 12, height: 12, data: new Uint8Array(432).fill(90) });
    writeFileSync(picture, png);
  });

  test('every image with every text', async () => {
    const texts = ['a red circle', 'two cats'];
    const args = texts.flatMap((text) => ['--text', text]);
    const { code, stdout, stderr } = await blip2(
      'score',
      '--model',
      dir,
      ...args,
      picture,
      picture,
      '--json',
    );
    expect(code, stderr).toBe(0);
    const scores = JSON.parse(stdout) as {
      images: string[];
      texts: string[];
      itc: number[][];
      itm: number[][];
    };
    expect(scores).toMatchObject({ images: [picture, picture], texts });
    for (const rows of [scores.itc, scores.itm]) {
      expect(rows.map((row) => row.length)).toEqual([2, 2]);
      rows[0].forEach((value, t) => expect(value).toBeCloseTo(rows[1][t], 5));
    }
  });

  test('a model that writes text has none', async () => {
    const model = join(shapesDirectory, 'blip2-opt');
    const { code, stderr } = await blip2('score', '--model', model, '--text', 'a', picture);
    expect(code).toBe(2);
    expect(stderr).toMatch(/writes text; it has no scores/);
  });
});
