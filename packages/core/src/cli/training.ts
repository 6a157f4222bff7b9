/** What all commands that train share: a recipe's options from name, file and `--set`; the run; what is printed of it. */
import type { Command } from 'commander';
import type { RecipeKind, RunSize, TrainingData } from '../recipes';
import type { KeepBest, Recipe } from '../train';
import { collect, DATA_HELP, keepBestOption, positiveNumber } from './arguments';
import { describeForecast, forecast } from './dryRun';
import { Exit, printJson } from './output';

export interface TrainingOptions {
  recipe: string;
  data: string;
  out: string;
  resume?: boolean;
  set?: string[];
  dryRun?: boolean;
  evaluateEvery?: number;
  validate?: boolean;
  keepBest?: KeepBest;
  /** Steps timed by a dry run. */
  measure?: number;
  json?: boolean;
}

/** Options of a recipe, with its data and what it is built on. */
export type Together<Parts, Data> = Record<string, unknown> & { data: Data } & Parts;

export interface TrainingCommand<Options, Parts, Data> {
  /** Last word of the command, and what its recipes are called by. */
  name: RecipeKind;
  description: string;
  examples: string;
  /** Opens what `--data` names. */
  openData: (specification: string) => Promise<Data>;
  /** The models and runs that are built on, as the options of the command name them. */
  openParts?: (data: Data, options: Options) => Promise<Parts>;
  /** The recipe of all its options. */
  makeRecipe: (options: Together<Parts, Data>) => Promise<Recipe>;
  /** How large it is, for a dry run. */
  size: (options: Together<Parts, Data>) => Promise<RunSize>;
}

/** Data in memory, or read as it is needed. */
export async function openAny(specification: string): Promise<TrainingData> {
  const { isStreamed, loadTrainingData } = await import('../recipes');
  const { requireTowers } = await import('../data');
  const data = await loadTrainingData(specification);
  if (!isStreamed(data)) requireTowers(data);
  return data;
}

/** Adds a training command; options of its own are added to what comes back. */
export function addTraining<
  Options extends TrainingOptions,
  Data extends TrainingData,
  Parts extends object = object,
>(parent: Command, command: TrainingCommand<Options, Parts, Data>): Command {
  const { name, description, examples, openData, openParts, makeRecipe, size } = command;
  return parent
    .command(name)
    .description(description)
    .requiredOption(
      '--recipe <name|file>',
      'shapes, emoji, paper-vit-g and others (docs/pretraining.md, docs/finetuning.md), or a file: .json, or .js with a default export (options: docs/training.md)',
    )
    .requiredOption('--data <spec>', DATA_HELP)
    .requiredOption('--out <dir>', 'run folder to write; new, or with --resume one of before')
    .option('--resume', 'go on from the last whole checkpoint in the run folder, if it has one')
    .option(
      '--set <key=value...>',
      'change options of the recipe, e.g. steps=60 losses.itg=0 (repeatable)',
      collect,
    )
    .option('--evaluate-every <steps>', 'evaluate on the validation split so often', positiveNumber)
    .option('--validate', 'with it the loss of the validation split, without dropout')
    .option(
      '--keep-best <metric:lower|higher>',
      'keep the checkpoint of the best evaluation beside the last ones, e.g. loss:lower',
      keepBestOption,
    )
    .option('--dry-run', 'print what would be trained, how large it is and what it takes, and train nothing')
    .option('--measure <steps>', 'with --dry-run: time so many steps', positiveNumber)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `\nCtrl-C ends the run after the current step and saves it (exit code 1); --resume goes on.\n\nExamples:\n${examples}`,
    )
    .action(async (options: Options) => {
      const { joinCluster } = await import('../runtime');
      if (!options.dryRun) joinCluster(); // before the first tensor
      const { applyOverrides, recipeOptions } = await import('../recipes');
      const data = await openData(options.data);
      const parts = ((await openParts?.(data, options)) ?? {}) as Parts;
      const own = await recipeOptions(name, options.recipe, parts);
      const together = { ...applyOverrides(own, options.set ?? []), ...parts, data };
      const recipe = await makeRecipe(together);
      if (options.dryRun) await tryOut(recipe, await size(together), data, options);
      else await trainRecipe(recipe, data, options);
    });
}

/** Prints what would be trained, and what it takes. */
async function tryOut(
  recipe: Recipe,
  size: RunSize,
  data: TrainingData,
  { out, measure, json }: TrainingOptions,
): Promise<void> {
  const { isStreamed, measureSteps } = await import('../recipes');
  const { defaultRunsDir, recordOf } = await import('../train');
  const note = (message: string) => console.error(message);
  const measured = measure && (await measureSteps(recipe, measure, { runsDir: defaultRunsDir(), note }));
  const record = recordOf(recipe);
  const pictures = isStreamed(data) ? data.source.size : data.train.size;
  const plan = await forecast(record, size, { pictures, workers: 1, measured: measured || undefined });
  if (json) return printJson({ ...record, out, plan });
  console.log(
    `${record.name} → ${out}\n${JSON.stringify({ ...record.training, ...record.config }, null, 2)}`,
  );
  console.log(describeForecast(plan));
}

async function trainRecipe(
  recipe: Recipe,
  data: TrainingData,
  { out, resume = false, evaluateEvery, validate, keepBest, json }: TrainingOptions,
): Promise<void> {
  const { isStreamed } = await import('../recipes');
  const { describeLeftOut } = await import('../data');
  const { train } = await import('../train');
  const leftOut = isStreamed(data) ? undefined : data.train.leftOut;
  const run = await train(recipe, { out, resume, evaluateEvery, validate, keepBest });
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
