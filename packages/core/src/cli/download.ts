/** `blip2 download`: a model of the Hugging Face hub into its cache. */
import type { Command } from 'commander';
import { printJson } from './output';
import { ProgressLine } from './progressLine';

async function run(id: string, { revision, json }: { revision?: string; json?: boolean }): Promise<void> {
  const { downloadModel } = await import('../checkpoints');
  const progress = new ProgressLine();
  const dir = await downloadModel(id, {
    revision,
    onProgress: (file, done, size) => progress.show(file, done, size),
  });
  progress.end();
  if (json) printJson({ id, dir });
  else console.log(dir);
}

export function addDownload(program: Command): void {
  program
    .command('download <id>')
    .description('fetch a model from the Hugging Face hub into its cache, and print its folder')
    .option('--revision <name>', 'a branch, a tag or a commit; main unless given')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
What is there already is not fetched again, and what was cut short goes on. The cache is Python’s: HF_HOME says where.

Example:
  blip2 caption --model "$(blip2 download Salesforce/blip2-opt-2.7b)" photo.jpg`,
    )
    .action(run);
}
