import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../packages/core/src/checkpoints';

const root = mkdtempSync(join(tmpdir(), 'blip2-files-'));

test('makes a folder with those above it, and is content with one that is there', () => {
  const dir = join(root, 'a', 'b', 'c');
  makeFolder(dir);
  makeFolder(dir);
  expect(statSync(dir).isDirectory()).toBe(true);
});

test('a file in the way is an error', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file', 'below'))).toThrow(/ENOTDIR/);
});

// Node's own recursive mkdir loops for ever here.
test.skipIf(!existsSync('/proc/self'))('a file system that refuses is an error', () => {
  expect(() => makeFolder('/proc/nothing/below')).toThrow(/ENOENT|EACCES/);
});
