/** `blip2 score`: how well images and texts go together. */
import type { Command } from 'commander';
import { collect } from './arguments';
import { printJson, printTable } from './output';

interface Options {
  model: string;
  text: string[];
  json?: boolean;
}

async function score(images: string[], { model: dir, text: texts, json }: Options): Promise<void> {
  const { Blip2Retrieval } = await import('../inference');
  const model = await Blip2Retrieval.load(dir);
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
    .command('score <image...>')
    .description('how well images and texts go together: cosine (itc) and probability of a match (itm)')
    .requiredOption('--model <dir>', 'folder of a BLIP-2 for retrieval, such as Salesforce/blip2-itm-vit-g')
    .requiredOption('--text <text>', 'a text; may be given several times', collect)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
With --json: {images, texts, itc, itm}; itc[i][t] and itm[i][t] are of image i and text t.

Example:
  blip2 score --model models/blip2-itm-vit-g --text "two cats" --text "a dog on a beach" photo.jpg`,
    )
    .action(score);
}
