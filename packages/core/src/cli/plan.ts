/** `blip2 plan`: what the paper's runs take on machines that are elsewhere, counted from shapes. */
import { InvalidArgumentError, type Command } from 'commander';
import type { Planned, PlannedRun, Simulated } from '../recipes';
import { collect, positiveNumber } from './arguments';
import { printJson, printTable } from './output';

interface Options {
  gpus: number;
  tflops: number;
  utilisation?: number;
  rate?: number;
  link: number;
  price?: number;
  recipe?: string[];
  language?: string[];
  recompute?: boolean;
  json?: boolean;
}

const DEFAULT_RECIPES = ['paper-vit-l', 'paper-vit-g'];
const DEFAULT_LANGUAGES = ['opt-2.7b', 'opt-6.7b', 'flan-t5-xl', 'flan-t5-xxl'];

const AFTER = `
Operations are counted from the models' shapes: a multiplication and an addition are two; texts have their full 32 tokens.
Of the machine's TFLOPS a part is used: --utilisation, or else what the paper's own six and three days on 16 A100-40G come to.
Gradients are summed around a ring in float32 while nothing is computed, so real runs, which overlap the two, wait less.

Examples:
  blip2 plan --gpus 16 --tflops 312
  blip2 plan --gpus 8 --tflops 989 --link 450 --utilisation 0.3 --price 2.5 --recipe paper-vit-g --language flan-t5-xl
  blip2 plan --gpus 16 --rate 180 --recipe paper-vit-g      pictures per second of one GPU, measured (pretrain --dry-run --measure)`;

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description("time, memory and cost of the paper's runs on other machines")
    .option('--gpus <n>', 'GPUs, each a worker', positiveNumber, 16)
    .option('--tflops <t>', 'what one of them can do at best, in 10¹² operations per second', positive, 312)
    .option('--utilisation <u>', 'the part of it that is used, between 0 and 1', positive)
    .option('--rate <r>', 'pictures per second of one GPU, in place of both', positive)
    .option('--link <gb>', 'gigabytes per second that leave each GPU', positive, 300)
    .option('--price <p>', 'of a GPU for an hour, in any currency', positive)
    .option('--recipe <name>', 'paper-vit-l, paper-vit-g, lavis-vit-l, lavis-vit-g (repeatable)', collect)
    .option('--language <name>', 'opt-2.7b, opt-6.7b, flan-t5-xl, flan-t5-xxl (repeatable)', collect)
    .option('--recompute', 'blocks are computed anew in the backward pass: less memory, more time')
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { impliedUtilisation, PAPER_DAYS, planned, plannedRuns } = await import('../recipes');
  const { recipe = DEFAULT_RECIPES, language = DEFAULT_LANGUAGES } = options;
  const [one, ...twos] = plannedRuns('paper-vit-g', ['flan-t5-xxl']);
  const implied = {
    stage1: impliedUtilisation(one.size, one, PAPER_DAYS.stage1),
    stage2: impliedUtilisation(twos[0].size, twos[0], PAPER_DAYS.stage2),
  };
  const runs = recipe.flatMap((name) => plannedRuns(name, language));
  const plans = runs.map((each) => ({
    run: each,
    ...planned(each, {
      ...options,
      workers: options.gpus,
      utilisation: options.utilisation ?? implied[each.stage],
    }),
  }));
  if (options.json) {
    const { gpus, tflops, rate, link, price, recompute = false } = options;
    printJson({
      machine: { gpus, tflops, rate, link, price, recompute },
      impliedUtilisation: implied,
      runs: plans.map(({ run: { size, ...each }, ...plan }) => ({
        ...each,
        parameters: size.parameters,
        trainable: size.trainable,
        ...plan,
      })),
    });
    return;
  }
  printTable(plans.map((plan) => row(plan, options.price)));
  const percent = (part: number) => `${(100 * part).toFixed(1)}%`;
  console.log(
    `\nThe paper's own time, less than ${PAPER_DAYS.stage1} and ${PAPER_DAYS.stage2} days on 16 A100-40G for ViT-g and FlanT5-XXL, is ` +
      `at least ${percent(implied.stage1)} (stage 1) and ${percent(implied.stage2)} (stage 2) of what they can do (312 TFLOPS).`,
  );
  for (const { run: each, scaling } of plans.filter(({ run: { stage } }) => stage === 'stage1')) {
    console.log(`\n${each.recipe}, ${each.stage}: the batch of ${each.batchSize} shared by`);
    printTable(scaling.map(scalingRow));
  }
}

function row({ run: each, ...plan }: { run: PlannedRun } & Planned, price: number | undefined) {
  return {
    recipe: each.recipe,
    stage: each.language ? `2, ${each.language}` : '1',
    trained: `${(each.size.trainable / 1e6).toFixed(1)}M`,
    total: `${(each.size.parameters / 1e9).toFixed(2)}B`,
    steps: each.steps,
    batch: each.batchSize,
    'TFLOP/picture': (plan.operationsPerSample / 1e12).toFixed(2),
    'GiB/GPU': (plan.memory / 2 ** 30).toFixed(1),
    's/step': plan.simulated.step.toPrecision(3),
    'summing %': (100 * (1 - plan.simulated.efficiency)).toFixed(1),
    days: plan.days.toFixed(2),
    'GPU-hours': Math.round(plan.gpuHours),
    ...(price !== undefined && { cost: Math.round(plan.cost!) }),
  };
}

const scalingRow = ({ workers, compute, communication, step, total, efficiency }: Simulated) => ({
  GPUs: workers,
  'compute s': compute.toPrecision(3),
  'summing s': communication.toPrecision(3),
  's/step': step.toPrecision(3),
  'efficiency %': (100 * efficiency).toFixed(1),
  days: (total / 86_400).toFixed(2),
});

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('A number above 0 is expected.');
  return value;
}
