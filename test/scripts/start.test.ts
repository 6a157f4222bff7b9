// `npm start`: what it refuses before it sets anything up.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'start.mjs');

test.each([['--fulll'], ['full']])('%s is wrong usage, told at once with what there is', (word) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [script, word], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain(word);
  expect(stderr).toContain('--full, --quick, --from-scratch');
  expect(stdout).toBe('');
});
