/** `blip2 evaluate caption`: captions of a split's pictures, held against the split's own. */
import type { Command } from 'commander';
import type { WeightsType } from '../checkpoints';
import { checkpointOption, DATA_HELP, dtypeOption, positiveNumber } from './arguments';
import { evaluateOnSet, isOnSet, OUT_HELP, SPLIT_HELP } from './evaluateSet';
import { printJson, printTable } from './output';

interface Options {
  model: string;
  data: string;
  split?: string;
  prompt?: string;
  numBeams?: number;
  limit?: number;
  out?: string;
  dtype?: WeightsType;
  checkpoint?: number | 'best';
  json?: boolean;
}

async function caption(options: Options): Promise<void> {
  const { numBeams, ...rest } = options;
  if (!(await isOnSet(options.data))) return onSplit(options);
  return evaluateOnSet('caption', { ...rest, generation: { numBeams } });
}

async function onSplit(options: Options): Promise<void> {
  const { model, data, split = 'test', prompt, numBeams, limit, dtype, checkpoint, json } = options;
  const { GENERATING, loadData, openBlip2, openRun } = await import('../recipes');
  const { askingBlip2, evaluateCaptions } = await import('../evaluate');
  const { isRunFolder } = await import('../train');
  const { splitNamed } = await import('../data');
  const pictures = splitNamed(await loadData(data), split);
  const asked = isRunFolder(model)
    ? openRun(model, { stages: GENERATING, step: checkpoint }).model
    : askingBlip2(await openBlip2(model, { dtype }));
  const evaluation = await evaluateCaptions(asked, pictures, { limit, generation: { numBeams, prompt } });
  if (json) return printJson({ model, data, split, ...evaluation });
  const { scores, right, notes } = evaluation;
  for (const note of notes) console.error(note);
  console.error(`${evaluation.pictures} pictures, scores times 100`);
  printTable([
    ...Object.entries(scores).map(([score, value]) => ({ score, value: (value as number).toFixed(1) })),
    ...(right === undefined ? [] : [{ score: 'true of the picture, %', value: right.toFixed(1) }]),
  ]);
}

const SETS_HELP = 'a public set: nocaps?dir=FOLDER, coco?dir=, flickr30k?dir= (docs/evaluation.md)';

export function addEvaluateCaption(evaluate: Command): void {
  evaluate
    .command('caption')
    .description('captions against those of the data: CIDEr, BLEU, ROUGE-L; and how many are true (shapes)')
    .requiredOption(
      '--model <dir>',
      'run folder of finetune caption or pretrain stage2, or folder of a BLIP-2',
    )
    .requiredOption('--data <spec>', `${DATA_HELP}, or shapes?domain=out; or ${SETS_HELP}`)
    .option('--split <name>', SPLIT_HELP)
    .option('--prompt <text>', 'what captions begin with; unless given what the model was fine-tuned with')
    .option('--num-beams <count>', 'beams (5 as in the paper unless given); 1 is faster', positiveNumber)
    .option('--limit <count>', 'so many pictures, from the first on', positiveNumber)
    .option('--out <dir>', OUT_HELP)
    .addOption(checkpointOption())
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document, with every caption of data that is no public set')
    .addHelpText(
      'after',
      '\nExample:\n  blip2 evaluate caption --model datasets/shapes/blip2-opt --data "shapes?domain=out" --limit 200',
    )
    .action(caption);
}
