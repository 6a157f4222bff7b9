/** `blip2 reproduce`: an experiment of the paper from beginning to end. */
import { Option, type Command } from 'commander';
import type { Stage1Reproduction } from '../recipes';
import { positiveNumber } from './arguments';
import { Exit, printJson, printTable } from './output';

interface Options {
  seeds: number;
  json?: boolean;
}

/** `npm start -- --quick`: only to see that everything runs. */
const QUICK = { steps: 60, warmupSteps: 10 };

async function stage1({ seeds, json }: Options): Promise<void> {
  const { openData, reproduceStage1 } = await import('../recipes');
  const quick = process.env.BLIP2_QUICK ? QUICK : {};
  const list = Array.from({ length: seeds }, (_, seed) => seed);
  const onRun = (seed: number) => console.error(`Stage 1 on Shapes, seed ${seed}`);
  const result = await reproduceStage1(openData('shapes'), list, { ...quick, onRun });
  if (json) printJson(result);
  else print(result, seeds);
  if (result.interrupted) throw new Exit(1);
}

function print(result: Stage1Reproduction, seeds: number): void {
  const shown =
    seeds > 1 ? [...result.rows, ...result.mean.map((row) => ({ seed: 'mean', ...row }))] : result.rows;
  printTable(
    shown.map(({ seed, scores, direction, r1, r5, r10 }) => ({
      seed,
      scores,
      direction,
      'R@1': r1,
      'R@5': r5,
      'R@10': r10,
    })),
  );
}

export function addReproduce(program: Command): void {
  const reproduce = program
    .command('reproduce')
    .description('run an experiment of the paper from beginning to end');
  reproduce
    .command('stage1')
    .description(
      'stage 1: train with each seed, then recall on the test split; finished runs are not repeated',
    )
    .addOption(new Option('--scale <scale>', 'size of the experiment').choices(['shapes']).default('shapes'))
    .option('--seeds <count>', 'how many seeds, from 0 on', positiveNumber, 1)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nRuns lie in runs/, or in the folder that BLIP2_RUNS names. BLIP2_QUICK=1 trains a few steps only.',
    )
    .action(stage1);
}
