// Set-up: when a step counts as done, what is refused, and what pruning takes away.
import { mkdtempSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isUnusedBundle } from '../../scripts/setup/prune-bundles.mjs';
import { checkNode } from '../../packages/core/setup/requirements.mjs';
import { run } from '../../packages/core/setup/shell.mjs';
import { hashOf, hashOfFiles } from '../../packages/core/setup/stamps.mjs';
import { tensorflowWheel } from '../../packages/core/setup/versions.mjs';

afterEach(() => vi.unstubAllEnvs());

describe('stamps', () => {
  const folder = mkdtempSync(join(tmpdir(), 'blip2-stamps-'));
  const file = join(folder, 'a', 'one.txt');
  mkdirSync(join(folder, 'a'));
  writeFileSync(file, 'one');

  it('change with a file, its name, and with what is missing', () => {
    const hashes = [hashOfFiles([folder])];
    writeFileSync(file, 'two');
    hashes.push(hashOfFiles([folder]));
    renameSync(file, join(folder, 'a', 'two.txt'));
    hashes.push(hashOfFiles([folder]), hashOfFiles([join(folder, 'absent')]));
    expect(new Set(hashes).size).toBe(4);
    expect(hashOfFiles([folder])).toBe(hashes[2]);
  });

  it('tell texts apart that read the same when joined', () => {
    expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'));
  });
});

describe('requirements', () => {
  it.each(['16.20.2', '18.20.8', '20.18.3'])('refuse Node %s', (version) => {
    expect(() => checkNode(version)).toThrow(/too old: 20.19/);
  });

  it.each(['20.19.0', '22.1.0', '24.0.0'])('accept Node %s', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });

  it('refuse a variant of TensorFlow that does not exist', () => {
    vi.stubEnv('BLIP2_TENSORFLOW', 'gpu');
    expect(() => {
      tensorflowWheel();
    }).toThrow('BLIP2_TENSORFLOW is "gpu"');
  });
});

describe('run', () => {
  it('resolves to what the program printed', async () => {
    expect(await run(process.execPath, ['-e', 'console.log(6 * 7)'])).toBe('42\n');
  });

  it('fails with what the program said', async () => {
    const failing = run(process.execPath, ['-e', 'console.error("no room"); process.exit(3)']);
    await expect(failing).rejects.toThrow(/no room[^]*exit 3/);
  });

  it('fails when there is no such program', async () => {
    await expect(run('no-such-program', [])).rejects.toThrow('Could not start');
  });
});

describe('pruning', () => {
  it.each([
    'tf.js',
    'tf.min.js',
    'tf-core.fesm.min.js',
    'tf-backend-cpu.es2017.js',
    'tf.min.js.html',
    'add.js.map',
  ])('takes %s', (name) => expect(isUnusedBundle(name)).toBe(true));

  it.each(['tf.node.js', 'tf-core.node.js', 'index.js', 'index.d.ts', 'tfjs_binding.js', 'tensor.js'])(
    'keeps %s',
    (name) => expect(isUnusedBundle(name)).toBe(false),
  );
});
