import { mkdirSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  keepCheckpointsOf,
  lastCheckpoint,
  readModel,
  readOptimizer,
  saveCheckpoint,
} from '../../packages/core/src/train';
import { removeLeftovers } from '../../packages/core/src/train/checkpoint';

const warn = vi.fn();
let run: string;
const save = (step: number, keep = 9) =>
  saveCheckpoint(
    run,
    { step, recipe: 'abc' },
    {
      model: { w: { shape: [2], data: Float32Array.of(step, -step) } },
      optimizer: { 'w/m': { shape: [2], data: Float32Array.of(0, step) } },
    },
    keep,
  );

beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'blip2-run-'));
  warn.mockClear();
});

test('the newest one comes back whole', () => {
  save(9);
  save(10);
  const last = lastCheckpoint(run, warn);
  expect(last?.state).toEqual({ step: 10, recipe: 'abc' });
  expect(readModel(last!).w.data).toEqual(Float32Array.of(10, -10));
  expect(readOptimizer(last!)['w/m'].data).toEqual(Float32Array.of(0, 10));
  expect(warn).not.toHaveBeenCalled();
  expect(lastCheckpoint('/nowhere', warn)).toBeUndefined();
});

test('older ones are removed', () => {
  for (const step of [1, 2, 3, 4]) save(step, 2);
  expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['step-3', 'step-4']);
});

test('of those that were kept, some are kept on', () => {
  for (const step of [1, 2, 3, 4]) save(step);
  keepCheckpointsOf(run, [2, 4, 8]);
  expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['step-2', 'step-4']);
});

test.each([
  ['cut short', (path: string) => truncateSync(path, 20)],
  [
    'with one bit flipped',
    (path: string) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 1] ^= 1;
      writeFileSync(path, bytes);
    },
  ],
])('a checkpoint %s is skipped with a warning', (_, damage) => {
  save(1);
  damage(join(save(2).dir, 'model.safetensors'));
  expect(lastCheckpoint(run, warn)?.state.step).toBe(1);
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(/step-2 skipped: .*model\.safetensors/));
});

test('a folder without its manifest, or half written, is no checkpoint', () => {
  mkdirSync(join(run, 'checkpoints', 'step-7'), { recursive: true });
  mkdirSync(join(run, 'checkpoints', 'step-8.tmp-123'));
  expect(lastCheckpoint(run, warn)).toBeUndefined();
  removeLeftovers(run);
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-7']);
});

test('what cannot be written says so', () => {
  writeFileSync(join(run, 'checkpoints'), 'a file in the way');
  expect(() => save(1)).toThrow(/Cannot write .*step-1/);
});
