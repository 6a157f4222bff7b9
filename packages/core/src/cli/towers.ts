/** `blip2 towers`: what BLIP-2 stands on, made of data that has none: tokenizers, a CLIP, language models. */
import type { Command } from 'commander';
import type { OwnDataset } from '../data';
import { DATA_HELP } from './arguments';
import { Exit, printJson } from './output';

interface Options {
  data: string;
  json?: boolean;
}

async function run(names: string[], { data: specification, json }: Options): Promise<void> {
  const { loadData, makeTowers, OWN_TOWERS } = await import('../recipes');
  const { Blip2Error } = await import('../runtime');
  const data = await loadData(specification);
  if (!('towersDir' in data)) {
    throw new Blip2Error(`The towers of ${specification} come with it`, {
      hint: 'Give emoji or a folder of your own; those of Shapes are made again by scripts/towers.mjs.',
      exitCode: 2,
    });
  }
  const own = data as OwnDataset;
  const runs = await makeTowers(own, {
    names: names.length > 0 ? names : OWN_TOWERS,
    onTower: (name, index, count) => console.error(`${name} (${index + 1} of ${count})`),
  });
  if (runs.some(({ interrupted }) => interrupted)) throw new Exit(1);
  if (json) printJson({ data: specification, towers: own.towersDir });
  else console.log(own.towersDir);
}

const AFTER = `
What is made lies in the data's own folder, as Hugging Face folders. Ctrl-C loses nothing: the same command goes on.

Examples:
  blip2 towers --data emoji
  blip2 towers --data pets clip opt`;

export function addTowers(program: Command): void {
  program
    .command('towers')
    .description('train what BLIP-2 stands on, on data that has none: tokenizers, a small CLIP, OPT and T5')
    .argument('[names...]', 'clip, opt, t5; all unless given')
    .requiredOption('--data <spec>', DATA_HELP)
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER)
    .action(run);
}
