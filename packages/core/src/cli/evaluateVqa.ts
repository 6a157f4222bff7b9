/** `blip2 evaluate vqa`: answers to the questions of a split. */
import type { Command } from 'commander';
import type { WeightsType } from '../checkpoints';
import type { VqaEvaluation } from '../evaluate';
import { checkpointOption, DATA_HELP, dtypeOption, positiveNumber } from './arguments';
import { evaluateOnSet, isOnSet, OUT_HELP, SPLIT_HELP } from './evaluateSet';
import { printJson, printTable } from './output';

interface Options {
  model: string;
  data: string;
  split?: string;
  numBeams?: number;
  limit?: number;
  blind?: boolean;
  out?: string;
  dtype?: WeightsType;
  checkpoint?: number | 'best';
  json?: boolean;
}

async function vqa(options: Options): Promise<void> {
  const { numBeams, blind, ...rest } = options;
  if (!(await isOnSet(options.data))) return onSplit(options);
  return evaluateOnSet('vqa', { ...rest, generation: { numBeams } }, { blind });
}

async function onSplit({
  model,
  data,
  split = 'test',
  numBeams,
  limit,
  blind,
  dtype,
  checkpoint,
  json,
}: Options): Promise<void> {
  const { GENERATING, loadData, openBlip2, openRun } = await import('../recipes');
  const { askingBlip2, blindModel, evaluateVqa, lookingElsewhere, majorityAnswers } =
    await import('../evaluate');
  const { isRunFolder } = await import('../train');
  const { splitNamed } = await import('../data');
  const dataset = await loadData(data);
  const asking = splitNamed(dataset, split);
  const run = isRunFolder(model) ? openRun(model, { stages: GENERATING, step: checkpoint }).model : undefined;
  const asked = run ?? askingBlip2(await openBlip2(model, { dtype }));
  const options = { limit, generation: { numBeams } };
  const { pictures, accuracy, rows } = await evaluateVqa(asked, asking, options);
  const baselines: Record<string, VqaEvaluation> = {};
  if (blind) {
    baselines['another picture'] = await evaluateVqa(lookingElsewhere(asked), asking, options);
    if (run) {
      const alone = blindModel(run.parts.language);
      baselines['question alone'] = await evaluateVqa(alone, asking, options);
    }
    baselines['most frequent answer'] = majorityAnswers(dataset.train, asking, { limit });
  }
  const withoutLooking = Object.fromEntries(
    Object.entries(baselines).map(([name, evaluation]) => [name, evaluation.rows]),
  );
  if (json) {
    return printJson({ model, data, split, pictures, accuracy, rows, ...(blind && { withoutLooking }) });
  }
  console.error(`${pictures} pictures, accuracy in percent`);
  printTable(
    rows.map(({ kind, questions, accuracy }, i) => ({
      kind,
      questions,
      accuracy: accuracy.toFixed(1),
      ...Object.fromEntries(
        Object.entries(withoutLooking).map(([name, others]) => [name, others[i].accuracy.toFixed(1)]),
      ),
    })),
  );
}

const SETS_HELP = 'a public set: vqav2?dir=FOLDER, okvqa?dir=, gqa?dir= (docs/evaluation.md)';

export function addEvaluateVqa(evaluate: Command): void {
  evaluate
    .command('vqa')
    .description(
      'accuracy of answers, zero-shot or fine-tuned, to the questions of the data, by kind of question',
    )
    .requiredOption('--model <dir>', 'run folder of pretrain stage2 or finetune vqa, or folder of a BLIP-2')
    .requiredOption('--data <spec>', `${DATA_HELP}, with questions; or ${SETS_HELP}`)
    .option('--split <name>', SPLIT_HELP)
    .option('--num-beams <count>', 'beams (5 as in the paper unless given); 1 is faster', positiveNumber)
    .option('--limit <count>', 'so many pictures, from the first on', positiveNumber)
    .option('--blind', 'as well: what is right without looking at the picture')
    .option('--out <dir>', OUT_HELP)
    .addOption(checkpointOption())
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  blip2 evaluate vqa --model runs/mine-opt --data shapes --split validation --blind\n' +
        '  blip2 evaluate vqa --model models/blip2-opt-2.7b --data "vqav2?dir=sets/vqav2&split=val"',
    )
    .action(vqa);
}
