/** `blip2 bench`: runs the repository's bench/, which is not part of the package. */
import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { positiveNumber } from './arguments';
import { Exit } from './output';

interface Options {
  variants?: string;
  threads: number;
  json?: boolean;
}

const SCRIPT = join(__dirname, '..', '..', '..', '..', 'bench', 'main.ts');

export function addBench(program: Command): void {
  program
    .command('bench [case...]')
    .description(
      'times training and generation on this machine, side by side with PyTorch where it is installed',
    )
    .option('--variants <names>', 'some of eager, compiled, xla, bf16, separated by commas (default: all)')
    .option('--threads <count>', 'threads within an operation', positiveNumber, 2)
    .option('--json', 'print one JSON document')
    .action((cases: string[], { variants, threads, json }: Options) => {
      if (!existsSync(SCRIPT)) {
        console.error('error: bench/ is not here\n→ Run it from a clone of the repository.');
        throw new Exit(1);
      }
      const flags = [...(variants ? ['--variants', variants] : []), ...(json ? ['--json'] : [])];
      const args = ['--import', 'tsx', SCRIPT, ...cases, '--threads', String(threads), ...flags];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) throw new Exit(status === 2 ? 2 : 1);
    });
}
