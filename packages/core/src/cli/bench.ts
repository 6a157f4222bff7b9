/** `blip2 bench`: runs the repository's bench/, which is not part of the package. */
import type { Command } from 'commander';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { positiveNumber } from './arguments';
import { Exit } from './output';

interface Options {
  variants?: string;
  peers?: string;
  out?: string;
  threads: number;
  json?: boolean;
}

const SCRIPT = join(__dirname, '..', '..', '..', '..', 'bench', 'main.ts');

export function addBench(program: Command): void {
  program
    .command('bench [case...]')
    .description(
      'times this machine side by side with PyTorch where that is installed; `bench curves [name...]`: cost as work grows',
    )
    .option(
      '--variants <names>',
      'some of eager, compiled, xla, bf16, by commas (default: compiled, and bf16 where the processor has it)',
    )
    .option('--peers <names>', 'some of shipped, lean, compile (default: all)')
    .option('--out <dir>', 'write results.json and a page there, after each case')
    .option('--threads <count>', 'threads within an operation', positiveNumber, 2)
    .option('--json', 'print one JSON document')
    .action((cases: string[], { threads, json, ...named }: Options) => {
      if (!existsSync(SCRIPT)) {
        console.error('error: bench/ is not here\n→ Run it from a clone of the repository.');
        throw new Exit(1);
      }
      const options = Object.entries(named).flatMap(([name, value]: [string, string]) => [
        `--${name}`,
        value,
      ]);
      const flags = [...options, ...(json ? ['--json'] : [])];
      const args = ['--import', 'tsx', SCRIPT, ...cases, '--threads', String(threads), ...flags];
      const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
      if (status !== 0) throw new Exit(status === 2 ? 2 : 1);
    });
}
