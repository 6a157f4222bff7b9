/** `blip2 metrics caption`: BLEU, ROUGE-L, CIDEr, METEOR and SPICE of a file of captions. */
import type { Command } from 'commander';
import { printJson, printTable } from './output';

interface Options {
  predictions: string;
  references: string;
  json?: boolean;
}

async function caption({ json, ...files }: Options): Promise<void> {
  const { captionMetrics, readCaptionFiles } = await import('../evaluate');
  const { imageIds, predictions, references, notes } = readCaptionFiles(files);
  const result = await captionMetrics(predictions, references);
  for (const note of [...notes, ...result.notes]) console.error(note);
  if (json) return printJson(result.scores);
  console.error(`${imageIds.length} images, ${references.flat().length} references`);
  printTable(
    Object.entries(result.scores).map(([metric, score]) => ({
      metric,
      score: (score as number).toFixed(4),
    })),
  );
}

const AFTER_HELP = `
The files are those of COCO's caption challenge:
  predictions  [{"image_id": 1, "caption": "a dog on a beach"}, …], at most one for each image
  references   captions_val2014.json or like it: {"images": [{"id": 1}], "annotations": [{"image_id": 1, "caption": "a dog"}]}
Images without a prediction are not scored, but counted on standard error. With --json: {"BLEU-1", …, "BLEU-4",
"ROUGE-L", "CIDEr"}, from 0 to 1 (CIDEr to 10; papers print all of them times 100), and "METEOR" and "SPICE" where Java
is there and BLIP2_CAPTION_JARS names the folder with their programs: docs/metrics.md.

Example:
  blip2 metrics caption --predictions captions.json --references captions_val2014.json`;

export function addMetricsCaption(metrics: Command): void {
  metrics
    .command('caption')
    .description('BLEU-1 to BLEU-4, ROUGE-L, CIDEr, and with Java METEOR and SPICE')
    .requiredOption('--predictions <file>', 'what the model says')
    .requiredOption('--references <file>', 'what people say')
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER_HELP)
    .action(caption);
}
