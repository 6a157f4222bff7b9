/** `blip2 score`: how well images and texts go together. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { WeightsType } from '../checkpoints';
import { collect, dtypeOption } from './arguments';
import { printJson, printTable } from './output';

interface Options {
  model: string;
  text: string[];
  dtype?: WeightsType;
  json?: boolean;
}

const IMAGE = /\.(png|jpe?g|webp|gif|tiff?|avif|bmp)$/i;

/** After `--text TEXT…` images may follow at once: what is a file, or is named as an image, is no text. */
function split(values: readonly string[]): { texts: string[]; images: string[] } {
  const isImage = (value: string) => IMAGE.test(value) || existsSync(value);
  return { texts: values.filter((value) => !isImage(value)), images: values.filter(isImage) };
}

async function score(
  before: string[],
  { model: dir, text, dtype, json }: Options,
  command: Command,
): Promise<void> {
  const { texts, images: after } = split(text);
  const images = [...before, ...after];
  if (images.length === 0) command.error("error: missing required argument 'image'");
  if (texts.length === 0)
    command.error("error: option '--text <text...>': the values given are images alone");
  const { openBlip2Retrieval } = await import('../recipes');
  const model = await openBlip2Retrieval(dir, { dtype });
  const { itc, itm } = await model.score(images, texts);
  model.dispose();
  if (json) return printJson({ images, texts, itc, itm });
  const rows = images.flatMap((image, i) =>
    texts.map((text, t) => ({ image, text, itc: itc[i][t].toFixed(4), itm: itm[i][t].toFixed(4) })),
  );
  printTable(rows);
}

export function addScore(program: Command): void {
  program
    .command('score')
    .argument('[image...]', 'before, between or after the texts')
    .usage('--model <dir> --text <text...> <image...>')
    .description('how well images and texts go together: cosine (itc) and probability of a match (itm)')
    .requiredOption(
      '--model <dir>',
      'folder of a BLIP-2 for retrieval, such as Salesforce/blip2-itm-vit-g, or run folder of pretrain stage1 or finetune retrieval',
    )
    .requiredOption('--text <text...>', 'one or more texts; may be given several times', collect)
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
With --json: {images, texts, itc, itm}; itc[i][t] and itm[i][t] are of image i and text t.

Example:
  blip2 score --model models/blip2-itm-vit-g --text "two cats" "a dog on a beach" photo.jpg`,
    )
    .action(score);
}
