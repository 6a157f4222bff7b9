/** `blip2 evaluate retrieval`: recall of a trained run. */
import { Option, type Command } from 'commander';
import type { WeightsType } from '../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from '../data';
import type { RetrievalRow } from '../evaluate';
import { checkpointOption, DATA_HELP, dtypeOption, positiveNumber, wholeNumber } from './arguments';
import { addEvaluateCaption } from './evaluateCaption';
import { evaluateOnSet, isOnSet, OUT_HELP, SPLIT_HELP } from './evaluateSet';
import { addEvaluateVqa } from './evaluateVqa';
import { printJson, printTable, type Row } from './output';

interface Options {
  model: string;
  data: string;
  split?: string;
  k: number;
  limit?: number;
  out?: string;
  dtype?: WeightsType;
  checkpoint?: number | 'best';
  equalTexts: 'merge' | 'apart';
  byTruth?: boolean;
  swaps?: boolean;
  baselines?: boolean;
  json?: boolean;
}

async function retrieval(options: Options): Promise<void> {
  const { model, data, split, k, limit, out, dtype, json, byTruth, baselines, swaps } = options;
  if (!(await isOnSet(data))) return onSplit(options);
  const unfit = { 'by-truth': byTruth, baselines, swaps, checkpoint: options.checkpoint };
  return evaluateOnSet('retrieval', { model, data, split, k, limit, out, dtype, json }, unfit);
}

async function onSplit(options: Options): Promise<void> {
  const { model, data, split = 'test', k, equalTexts, byTruth, json } = options;
  const { loadData, openRun } = await import('../recipes');
  const { evaluateRetrieval, evaluateSwaps } = await import('../evaluate');
  const { splitNamed } = await import('../data');
  const dataset = await loadData(data);
  const pictures = splitNamed(dataset, split);
  const run = openRun(model, { stages: ['stage1', 'retrieval'], step: options.checkpoint });
  const recall = await evaluateRetrieval(run.model, pictures, { k, equalTexts, byTruth });
  const swaps = options.swaps ? await evaluateSwaps(run.model, pictures) : undefined;
  const baselines = options.baselines ? await baselinesOf(dataset, pictures, equalTexts) : undefined;
  if (json) return printJson({ model, data, split, ...recall, swaps, baselines });
  const reranked = k > 0 ? `, the best ${k} re-ranked by ITM` : '';
  console.error(`${recall.images} images, ${recall.texts} texts${reranked}`);
  printTable([
    ...recall.rows.map((row) => recallRow(row)),
    ...(recall.truthRows ?? []).map((row) => recallRow(row, ', by truth')),
    ...(baselines ?? []),
  ]);
  if (swaps) {
    console.error('\nThe true caption above one with an exchange, in percent');
    printTable(swaps.map(({ swap, captions, itc, itm }) => ({ swap, captions, ITC: itc, ITM: itm })));
  }
}

/** What the vision tower's own CLIP finds, and what chance does. */
async function baselinesOf(
  data: ImageTextDataset,
  pictures: ImageTextSplit,
  equalTexts: Options['equalTexts'],
): Promise<Row[]> {
  const { chanceRecall, clipRetrieval, evaluateRetrieval } = await import('../evaluate');
  const clip = clipRetrieval(data);
  try {
    const alone = await evaluateRetrieval(clip, pictures, { k: 0, equalTexts });
    return [
      ...alone.rows.map((row) => ({ ...recallRow(row), scores: 'CLIP alone' })),
      ...chanceRecall(pictures, { equalTexts }).map((row) => recallRow({ scores: 'chance', ...row })),
    ];
  } finally {
    clip.dispose();
  }
}

const recallRow = (
  { scores, direction, r1, r5, r10 }: Omit<RetrievalRow, 'scores'> & { scores: string },
  how = '',
): Row => ({
  scores: scores + how,
  direction,
  'R@1': r1,
  'R@5': r5,
  'R@10': r10,
});

export function addEvaluate(program: Command): void {
  const evaluate = program.command('evaluate').description('evaluate a trained model');
  evaluate
    .command('retrieval')
    .description('recall@1/5/10 both ways, by ITC and after re-ranking by ITM, in percent')
    .requiredOption(
      '--model <dir>',
      'run folder of pretrain stage1 or finetune retrieval; on public sets a folder of such a BLIP-2 too',
    )
    .requiredOption(
      '--data <spec>',
      `${DATA_HELP}; or a public set: flickr30k?dir=FOLDER, coco?dir= (docs/evaluation.md)`,
    )
    .option('--split <name>', SPLIT_HELP)
    .option('--k <count>', 'candidates re-ranked by ITM in each direction; 0: none', wholeNumber, 128)
    .addOption(
      new Option(
        '--equal-texts <how>',
        'captions that read alike: one text of all their pictures, or each of its own alone, as on COCO and Flickr30K',
      )
        .choices(['merge', 'apart'])
        .default('merge'),
    )
    .option('--by-truth', 'as well: every picture that a text is true of counts (shapes)')
    .option('--baselines', 'as well: the CLIP alone that the vision tower is a part of, and chance')
    .option('--swaps', 'as well: true captions against ones with an exchange, e.g. of colors (shapes)')
    .option('--limit <count>', 'of a public set so many pictures, from the first on', positiveNumber)
    .option('--out <dir>', OUT_HELP)
    .addOption(checkpointOption())
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  blip2 evaluate retrieval --model runs/mine --data shapes --k 32\n' +
        '  blip2 evaluate retrieval --model models/blip2-itm-vit-g-coco --data "flickr30k?dir=sets/flickr30k"',
    )
    .action(retrieval);
  addEvaluateCaption(evaluate);
  addEvaluateVqa(evaluate);
}
