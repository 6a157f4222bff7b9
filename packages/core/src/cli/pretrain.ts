/** `blip2 pretrain stage1`: train a recipe into a run folder. */
import type { Command } from 'commander';
import { collect } from './arguments';
import { Exit, printJson } from './output';

interface Options {
  recipe: string;
  data: string;
  out: string;
  resume?: boolean;
  set?: string[];
  dryRun?: boolean;
  json?: boolean;
}

async function stage1(options: Options): Promise<void> {
  const library = await import('../recipes');
  const { recordOf, train } = await import('../train');
  const data = library.openData(options.data);
  const settings = library.applyOverrides(await library.stage1Recipe(options.recipe), options.set ?? []);
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

const EXAMPLES = `
Ctrl-C ends the run after the current step and saves it (exit code 1); --resume goes on.

Examples:
  blip2 pretrain stage1 --recipe shapes --data shapes --out runs/mine
  blip2 pretrain stage1 --recipe shapes --data 'shapes?train=2000' --out runs/short --set steps=60`;

export function addPretrain(program: Command): void {
  const pretrain = program.command('pretrain').description('pre-train a Q-Former');
  pretrain
    .command('stage1')
    .description('stage 1: image-text contrast, matching and generation in front of a frozen vision tower')
    .requiredOption(
      '--recipe <name|file>',
      'shapes, or a file: .json, or .js with a default export (options: docs/training.md)',
    )
    .requiredOption('--data <spec>', 'data: shapes, with options as in shapes?seed=1')
    .requiredOption('--out <dir>', 'run folder to write; new, or with --resume one of before')
    .option('--resume', 'go on from the last whole checkpoint in the run folder, if it has one')
    .option(
      '--set <key=value>',
      'change an option of the recipe, e.g. steps=60, losses.itg=0 (repeatable)',
      collect,
    )
    .option('--dry-run', 'print what would be trained, and train nothing')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(stage1);
}
