/** `blip2 pretrain stage1`: train a recipe into a run folder. */
import type { Command } from 'commander';
import { collect, Exit, printJson } from './output';

interface Options {
  recipe: string;
  data: string;
  out: string;
  resume?: boolean;
  set: string[];
  dryRun?: boolean;
  json?: boolean;
}

async function stage1(options: Options): Promise<void> {
  const library = await import('../recipes');
  const { recordOf, train } = await import('../train');
  const data = library.openData(options.data);
  const settings = library.applyOverrides(await library.stage1Recipe(options.recipe), options.set);
  const recipe = library.stage1({ ...settings, data } as Parameters<typeof library.stage1>[0]);
  const record = recordOf(recipe);
  if (options.dryRun) {
    if (options.json) printJson({ ...record, out: options.out });
    else
      console.log(
        `${record.name} → ${options.out}\n${JSON.stringify({ ...record.training, ...record.config }, null, 2)}`,
      );
    return;
  }
  const { out, resume } = options;
  const run = await train(recipe, { out, resume: resume ?? false });
  const last = run.log.at(-1);
  if (options.json)
    printJson({ dir: run.dir, recipe: run.recipe, step: run.step, interrupted: run.interrupted, last });
  else console.log(`${run.dir}: ${run.step} steps${last ? `, loss ${last.loss.toFixed(3)}` : ''}`);
  if (run.interrupted) throw new Exit(1);
}

export function addPretrain(program: Command): void {
  const pretrain = program.command('pretrain').description('pre-train a Q-Former');
  pretrain
    .command('stage1')
    .description('stage 1: image-text contrast, matching and generation in front of a frozen vision tower')
    .requiredOption('--recipe <name|file>', 'recipe: shapes, or a .json/.js file with the options of one')
    .requiredOption('--data <spec>', 'data: shapes, with options as in shapes?seed=1')
    .requiredOption('--out <dir>', 'run folder to write')
    .option('--resume', 'go on from the last whole checkpoint in the run folder')
    .option(
      '--set <key=value>',
      'change an option of the recipe, e.g. steps=60, losses.itg=0 (repeatable)',
      collect,
      [],
    )
    .option('--dry-run', 'print what would be trained, and train nothing')
    .option('--json', 'print one JSON document')
    .action(stage1);
}
