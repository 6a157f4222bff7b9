/** `blip2 attend`: where the queries look in an image, as data, as a page or as a picture. */
import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { AttentionBundle, FurtherSource } from '../attention';
import type { WeightsType } from '../checkpoints';
import { dtypeOption } from './arguments';
import { printJson } from './output';

interface Options {
  model: string;
  text?: string;
  question?: string;
  prompt?: string;
  sources?: FurtherSource[];
  dtype?: WeightsType;
  out: string;
  json?: boolean;
}

/** What each kind of file holds. */
const WRITERS: Record<string, (bundle: AttentionBundle) => Promise<string | Buffer>> = {
  '.json': (bundle) => Promise.resolve(`${JSON.stringify(bundle)}\n`),
  '.html': async (bundle) => (await import('../notebook')).attentionPage(bundle),
  '.png': async (bundle) => {
    const { data } = await (await import('../notebook')).attentionView(bundle).render();
    return Buffer.from(data['image/png'] as string, 'base64');
  },
};

const SOURCES: readonly string[] = ['rollout', 'gradients'] satisfies FurtherSource[];

function parseSources(list: string): FurtherSource[] {
  const names = list.split(',');
  const odd = names.find((name) => !SOURCES.includes(name));
  if (odd !== undefined)
    throw new InvalidArgumentError(`There is no ${odd}; there are ${SOURCES.join(', ')}.`);
  return names as FurtherSource[];
}

async function attend(image: string, { model, out, json, ...asked }: Options): Promise<void> {
  const { Blip2Error } = await import('../runtime');
  const { fileError } = await import('../checkpoints');
  const { attendTo } = await import('../recipes');
  const write = WRITERS[extname(out).toLowerCase()] as (typeof WRITERS)[string] | undefined;
  if (!write) {
    throw new Blip2Error(`--out ${out}: what should it hold?`, {
      hint: `Give a name that ends in ${Object.keys(WRITERS).join(', ')}.`,
      exitCode: 2,
    });
  }
  const bundle = await attendTo(model, image, asked);
  const content = await write(bundle);
  try {
    writeFileSync(out, content);
  } catch (cause) {
    throw fileError(cause, 'write', out);
  }
  const { queries, heads, layers, grid, generated } = bundle;
  const written = generated && { prompt: generated.prompt, tokens: generated.tokens };
  if (json) {
    printJson({
      ...{ image, out, queries, heads, layers: layers.map(({ layer }) => layer), grid },
      ...(written && { generated: written }),
    });
  } else console.log(out);
}

export function addAttend(program: Command): void {
  program
    .command('attend <image>')
    .description('where the queries of a Q-Former look in an image, and its language model among the queries')
    .requiredOption(
      '--model <dir>',
      'folder of a BLIP-2, also of one for retrieval, or run folder of pretrain or finetune',
    )
    .requiredOption('--out <file>', '.json: the attention bundle; .html: a page; .png: a picture')
    .option(
      '--text <text>',
      'a text beside the queries, as in image-text matching: after stage 1 or for retrieval, or a question after finetune vqa',
    )
    .option(
      '--question <text>',
      'for the language model to answer; unless told otherwise it writes a caption',
    )
    .option('--prompt <text>', 'for the language model to go on from')
    .option(
      '--sources <list>',
      "further maps, with commas: rollout; gradients (of the text's score, or of what is written)",
      parseSources,
    )
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  blip2 attend --model datasets/shapes/blip2-opt picture.png --out attention.html',
    )
    .action(attend);
}
