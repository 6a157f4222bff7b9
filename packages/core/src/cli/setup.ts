/** `blip2 setup`: fetches TensorFlow and builds its binding, in whatever project this package is installed in. */
import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Exit } from './output';

/** The same from src/ and from dist/. */
const SETUP = join(__dirname, '..', '..', 'setup', 'main.mjs');

export function addSetup(program: Command): void {
  program
    .command('setup')
    .description('fetch TensorFlow and build its binding, into .blip2/ beside node_modules/')
    .action(() => {
      if (spawnSync(process.execPath, [SETUP], { stdio: 'inherit' }).status !== 0) throw new Exit(1);
    });
}
