/** `blip2 convert`: checkpoints of LAVIS and OpenAI into folders of Hugging Face's layout, and back. */
import type { Command } from 'commander';
import { printJson } from './output';
import { ProgressLine } from './progressLine';

interface Options {
  config?: string;
  vision?: string;
  language?: string;
  tokenizer?: string;
  withoutTowers?: boolean;
  json?: boolean;
}

async function run(from: string, to: string, { json, ...options }: Options): Promise<void> {
  const { convert } = await import('../inference');
  const progress = new ProgressLine();
  let done = 0;
  const onTensor = ({ shape }: { shape: readonly number[] }) => {
    done += shape.reduce((product, side) => product * side, 4);
    progress.show(`writing ${to}`, done);
  };
  const result = convert(from, to, { ...options, onTensor });
  progress.end();
  for (const note of result.notes) console.error(`note: ${note}`);
  if (json) printJson(result);
  else console.log(`${to}: ${result.kind}, ${result.tensors} tensors`);
}

export function addConvert(program: Command): void {
  program
    .command('convert <from> <to>')
    .description('LAVIS’s or OpenAI’s .pth into a folder in Hugging Face’s layout; a folder into a .pth')
    .option('--vision <file>', 'of a checkpoint without its vision tower: eva_vit_g.pth or clip_vit_L.pth')
    .option('--language <dir>', 'of a checkpoint without its language model: the folder of OPT or FlanT5')
    .option(
      '--tokenizer <dir>',
      'folder whose tokenizer is put beside the model; that of --language unless given',
    )
    .option(
      '--config <file>',
      'config.json that says what the tensors’ shapes do not, such as the number of heads',
    )
    .option('--without-towers', 'into a .pth: only what BLIP-2 trains, as LAVIS saves it')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
What has no place in Hugging Face’s layout (temp, the Q-Former’s language head) is kept beside it in lavis.safetensors,
so that the way back loses nothing.

Examples:
  blip2 convert blip2_pretrained_opt2.7b.pth models/blip2-opt --vision eva_vit_g.pth --language models/opt-2.7b
  blip2 convert models/blip2-opt blip2.pth --without-towers`,
    )
    .action(run);
}
