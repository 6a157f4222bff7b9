/** `blip2 caption`, `answer` and `generate`: what a finished BLIP-2 writes about images. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Blip2 } from '../inference';
import type { TextGeneration } from '../generate';
import type { WeightsType } from '../checkpoints';
import { dtypeOption } from './arguments';
import { addGenerationOptions, generationOf, type GenerationFlags } from './generation';
import { printJson, printTable } from './output';

interface Options extends GenerationFlags {
  model: string;
  dtype?: WeightsType;
  json?: boolean;
}

type Write<O> = (model: Blip2, image: string, options: O) => Promise<TextGeneration>;

/** For a model folder nothing that trains is loaded. */
async function open(dir: string, dtype: WeightsType | undefined): Promise<Blip2> {
  if (existsSync(join(dir, 'config.json'))) return (await import('../inference')).Blip2.load(dir, { dtype });
  return (await import('../recipes')).openBlip2(dir, { dtype });
}

/** The action of a command that writes one text about each image. */
const writing =
  <O extends Options>(write: Write<O>) =>
  async (images: string[], options: O): Promise<void> => {
    const model = await open(options.model, options.dtype);
    const rows: { image: string; text: string; tokenIds: number[]; score: number }[] = [];
    for (const image of images) {
      const { text, tokenIds, score } = await write(model, image, options);
      rows.push({ image, text, tokenIds, score });
    }
    model.dispose();
    if (options.json) printJson(rows);
    else if (rows.length === 1) console.log(rows[0].text);
    else printTable(rows.map(({ image, text }) => ({ image, text })));
  };

const caption = writing<Options & { prompt?: string }>((model, image, { prompt, ...options }) =>
  model.caption(image, { prompt, ...generationOf(options) }),
);
const answer = writing<Options & { question: string }>((model, image, { question, ...options }) =>
  model.answer(image, question, generationOf(options)),
);
const generate = writing<Options & { prompt: string }>((model, image, { prompt, ...options }) =>
  model.generate(image, prompt, generationOf(options)),
);

function add(program: Command, name: string, description: string): Command {
  return program
    .command(`${name} <image...>`)
    .description(description)
    .requiredOption(
      '--model <dir>',
      'folder of a BLIP-2 in Hugging Face’s layout, or run folder of pretrain stage2, finetune caption or vqa',
    );
}

const AFTER_HELP = `
With --json: [{image, text, tokenIds, score}], in the order of the images.

Example:
`;

export function addWrite(program: Command): void {
  const captions = add(program, 'caption', 'describe images');
  captions.option('--prompt <text>', 'what captions go on from (not printed again)');
  finish(captions, 'blip2 caption --model datasets/shapes/blip2-opt picture.png').action(caption);

  const answers = add(program, 'answer', 'answer a question about images');
  answers.requiredOption('--question <text>', 'put into the template of the language model’s kind');
  const question = '"what color is the circle?"';
  finish(answers, `blip2 answer --model datasets/shapes/blip2-opt --question ${question} picture.png`).action(
    answer,
  );

  const texts = add(program, 'generate', 'go on from images and a prompt as it is');
  texts.requiredOption('--prompt <text>', 'the language model’s prompt, in no template');
  finish(
    texts,
    'blip2 generate --model datasets/shapes/blip2-opt --prompt "a small" picture.png --num-beams 1',
  ).action(generate);
}

const finish = (command: Command, example: string): Command =>
  addGenerationOptions(command)
    .addOption(dtypeOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', `${AFTER_HELP}  ${example}`);
