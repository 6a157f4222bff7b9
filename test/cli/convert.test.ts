/** `blip2 convert`, as programs see it. */
import { cpSync, existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { expect, test } from 'vitest';
import { PytorchFile, writePytorch } from '../../packages/core/src/checkpoints';
import { eva, randomTensors, stage1, stage2 } from '../checkpoints/lavisDicts';
import { blip2Here as blip2 } from './run';

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

test('convert: what a stage 2 trained, its towers from elsewhere', async () => {
  const [trained, vision, language] = ['stage2.pth', 'eva.pth', 'opt'].map((name) => join(root, name));
  writePytorch(trained, randomTensors(stage2(88, 'opt', 96), 5));
  writePytorch(vision, randomTensors(eva(88, 3, ''), 6), new Map(), undefined, false);
  cpSync(join(shapesDirectory, 'opt-small'), language, { recursive: true });
  const dir = join(root, 'whole');
  const bare = await blip2('convert', trained, join(root, 'bare'));
  expect(bare).toMatchObject({ code: 2, stdout: '' });
  expect(bare.stderr).toMatch(/holds no vision tower[^]*--vision/);
  const whole = await blip2('convert', trained, dir, '--vision', vision, '--language', language, '--json');
  expect(whole.code, whole.stderr).toBe(0);
  expect(whole.stderr).not.toMatch(/no (vision tower|language model|tokenizer)/);
  expect(JSON.parse(whole.stdout)).toMatchObject({ kind: 'generation' });
  expect(existsSync(join(dir, 'tokenizer.json'))).toBe(true);
});
