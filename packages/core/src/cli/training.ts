/** What all commands that train share: a recipe's options from name, file and `--set`; the run; what is printed of it. */
import type { Command } from 'commander';
import type { ImageTextDataset } from '../data';
import type { RecipeKind } from '../recipes';
import type { Recipe } from '../train';
import { collect, DATA_HELP } from './arguments';
import { Exit, printJson } from './output';

export interface TrainingOptions {
  recipe: string;
  data: string;
  out: string;
  resume?: boolean;
  set?: string[];
  dryRun?: boolean;
  json?: boolean;
}

export interface TrainingCommand<Options, Parts> {
  /** Last word of the command, and what its recipes are called by. */
  name: RecipeKind;
  description: string;
  examples: string;
  /** The models and runs that are built on, as the options of the command name them. */
  openParts?: (data: ImageTextDataset, options: Options) => Promise<Parts>;
  /** The recipe of all its options. */
  makeRecipe: (options: Record<string, unknown> & { data: ImageTextDataset } & Parts) => Promise<Recipe>;
}

/** Adds a training command; options of its own are added to what comes back. */
export function addTraining<Options extends TrainingOptions, Parts extends object = object>(
  parent: Command,
  { name, description, examples, openParts, makeRecipe }: TrainingCommand<Options, Parts>,
): Command {
  return parent
    .command(name)
    .description(description)
    .requiredOption(
      '--recipe <name|file>',
      'shapes, emoji, or a file: .json, or .js with a default export (options: docs/training.md)',
    )
    .requiredOption('--data <spec>', DATA_HELP)
    .requiredOption('--out <dir>', 'run folder to write; new, or with --resume one of before')
    .option('--resume', 'go on from the last whole checkpoint in the run folder, if it has one')
    .option(
      '--set <key=value>',
      'change an option of the recipe, e.g. steps=60, losses.itg=0 (repeatable)',
      collect,
    )
    .option('--dry-run', 'print what would be trained, and train nothing')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `\nCtrl-C ends the run after the current step and saves it (exit code 1); --resume goes on.\n\nExamples:\n${examples}`,
    )
    .action(async (options: Options) => {
      const { applyOverrides, loadData, recipeOptions } = await import('../recipes');
      const { requireTowers } = await import('../data');
      const data = await loadData(options.data);
      requireTowers(data);
      const parts = ((await openParts?.(data, options)) ?? {}) as Parts;
      const recipe = await recipeOptions(name, options.recipe, parts);
      const settings = applyOverrides(recipe, options.set ?? []);
      await trainRecipe(await makeRecipe({ ...settings, ...parts, data }), data, options);
    });
}

async function trainRecipe(
  recipe: Recipe,
  { train: { leftOut } }: ImageTextDataset,
  { out, resume = false, dryRun, json }: TrainingOptions,
): Promise<void> {
  const { describeLeftOut } = await import('../data');
  const { recordOf, train } = await import('../train');
  if (dryRun) {
    const record = recordOf(recipe);
    const settings = { ...record.training, ...record.config };
    if (json) printJson({ ...record, out });
    else console.log(`${record.name} → ${out}\n${JSON.stringify(settings, null, 2)}`);
    return;
  }
  const run = await train(recipe, { out, resume });
  const last = run.log.at(-1);
  if (json)
    printJson({
      dir: run.dir,
      recipe: run.recipe,
      step: run.step,
      interrupted: run.interrupted,
      last,
      leftOut,
    });
  else console.log(`${run.dir}: ${run.step} steps${last ? `, loss ${last.loss.toFixed(3)}` : ''}`);
  if (leftOut) console.error(`Left out by filters, of the training examples: ${describeLeftOut(leftOut)}`);
  if (run.interrupted) throw new Exit(1);
}
