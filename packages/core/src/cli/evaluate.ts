/** `blip2 evaluate retrieval`: recall of a trained run. */
import { Option, type Command } from 'commander';
import { wholeNumber } from './arguments';
import { printJson, printTable } from './output';

interface Options {
  model: string;
  data: string;
  split: 'train' | 'validation' | 'test';
  k: number;
  equalTexts: 'merge' | 'apart';
  json?: boolean;
}

async function retrieval({ model, data, split, k, equalTexts, json }: Options): Promise<void> {
  const { openData, openRun } = await import('../recipes');
  const { evaluateRetrieval } = await import('../evaluate');
  const run = openRun(model, { stages: ['stage1', 'retrieval'] });
  const result = await evaluateRetrieval(run.model, openData(data)[split], { k, equalTexts });
  if (json) return printJson({ model, data, split, ...result });
  const reranked = k > 0 ? `, the best ${k} re-ranked by ITM` : '';
  console.error(`${result.images} images, ${result.texts} texts${reranked}`);
  printTable(
    result.rows.map(({ scores, direction, r1, r5, r10 }) => ({
      scores,
      direction,
      'R@1': r1,
      'R@5': r5,
      'R@10': r10,
    })),
  );
}

export function addEvaluate(program: Command): void {
  const evaluate = program.command('evaluate').description('evaluate a trained model');
  evaluate
    .command('retrieval')
    .description('recall@1/5/10 both ways, by ITC and after re-ranking by ITM, in percent')
    .requiredOption('--model <dir>', 'run folder of pretrain stage1 or finetune retrieval')
    .requiredOption('--data <spec>', 'data: shapes, with options as in shapes?seed=1')
    .addOption(
      new Option('--split <name>', 'part of the data')
        .choices(['train', 'validation', 'test'])
        .default('test'),
    )
    .option('--k <count>', 'candidates re-ranked by ITM in each direction; 0: none', wholeNumber, 128)
    .addOption(
      new Option(
        '--equal-texts <how>',
        'captions that read alike: one text of all their pictures, or each of its own alone, as on COCO and Flickr30K',
      )
        .choices(['merge', 'apart'])
        .default('merge'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  blip2 evaluate retrieval --model runs/mine --data shapes --k 32')
    .action(retrieval);
}
