/** Checkpoints that torch.save and TorchScript wrote (test/fixtures/make/pytorch.py), tensor by tensor. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fuzzCheckpoints } from './fuzzCheckpoints';
import { PytorchFile, SafetensorsFile, type TensorFile } from '../../packages/core/src/checkpoints';

const fixtures = join(import.meta.dirname, '..', 'fixtures');
const folder = join(fixtures, 'pytorch');
const expected = new SafetensorsFile(join(fixtures, 'pytorch.safetensors'));

/** Tensors behind a prefix: name → type, shape, bytes. */
function contents(file: TensorFile, prefix = '') {
  const names = file.names().filter((name) => name.startsWith(prefix));
  const entries = names.map((name) => {
    const { dtype, shape } = file.info(name);
    return [
      name.slice(prefix.length),
      { dtype, shape, bytes: Buffer.from(file.bytes(name)).toString('hex') },
    ];
  });
  return Object.fromEntries(entries) as object;
}

describe('what torch.save wrote', () => {
  test.each(['checkpoint.pth', 'legacy.pth'])('%s', (name) => {
    const file = new PytorchFile(join(folder, name));
    expect(contents(file)).toEqual(contents(expected, 'model.'));
    expect(file.float32('scalar')[0]).toBeCloseTo(0.07);
    expect(() => file.float32('other')).toThrow(/no tensor other/);
  });

  test('tensors of one storage lie at one place; only those with gaps have strides', () => {
    const file = new PytorchFile(join(folder, 'checkpoint.pth'));
    expect(file.info('shared')).toEqual(file.info('float32'));
    const strided = file.names().filter((name) => file.info(name).strides);
    expect(strided.sort()).toEqual(['columns', 'transposed']);
    // So that they are mapped as they lie.
    expect(file.info('float32').begin % 64).toBe(0);
  });

  test('TorchScript: parameters and buffers of modules within modules', () => {
    const file = new PytorchFile(join(folder, 'module.pt'));
    expect(contents(file)).toEqual(contents(expected, 'module.'));
  });
});

test('a pickle that names a function is refused by that name, and nothing is run', () => {
  const path = join(folder, 'foreign.pth');
  const why =
    /foreign\.pth cannot be read: its pickle names "(posix|os)\.system", which is no part of a checkpoint/;
  expect(() => new PytorchFile(path)).toThrow(why);
  expect(existsSync('/tmp/a-checkpoint-ran-this')).toBe(false);
});

test('10,000 damaged checkpoints: refused by name, or tensors within the file', () => {
  const { whole, refused } = fuzzCheckpoints(10_000, 16);
  expect(whole).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(5000);
});
