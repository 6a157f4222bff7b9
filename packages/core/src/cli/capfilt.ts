/** `blip2 capfilt`: captions for the training pictures, drawn by a captioner and chosen by CLIP. */
import { InvalidArgumentError, type Command } from 'commander';
import type { CapFiltProgress } from '../capfilt';
import { positiveNumber, wholeNumber } from './arguments';
import { printJson } from './output';

interface Options {
  captioner: string;
  ranker: string;
  data: string;
  out: string;
  samples?: number;
  keep?: number;
  topP?: number;
  maxNewTokens?: number;
  distinct?: boolean;
  seed?: number;
  resume?: boolean;
  json?: boolean;
}

const SHARDS = 'shards?';

async function run(options: Options): Promise<void> {
  return options.data.startsWith(SHARDS) ? captionShards(options) : captionSplit(options);
}

/** Of pictures on disk: a shard for each shard. What is whole is left as it is, whatever `resume` says. */
async function captionShards({
  data,
  captioner,
  ranker,
  resume: _,
  json,
  ...options
}: Options): Promise<void> {
  const { capfiltShards, loadCaptioner, loadRanker, ProgressLine } = await import('../capfilt');
  const { Blip2Error } = await import('../runtime');
  const files = new URLSearchParams(data.slice(SHARDS.length)).get('files');
  if (!files) {
    throw new Blip2Error(`${data}: no files are named`, {
      hint: "E.g. --data 'shards?files=web/{00000..00331}.tar'",
      exitCode: 2,
    });
  }
  const line = new ProgressLine();
  const towers = { captioner: loadCaptioner(captioner), ranker: loadRanker(ranker) };
  try {
    const onProgress = (progress: CapFiltProgress) => line.update(progress);
    const shards = await capfiltShards({ ...options, ...towers, files, onProgress });
    if (json) return printJson({ dir: options.out, shards });
    for (const { shard, skipped, summary } of shards) {
      console.log(
        `${shard}: ${summary.captions} captions of ${summary.pictures} pictures, ${skipped} unreadable`,
      );
    }
  } finally {
    towers.captioner.dispose();
    towers.ranker.dispose();
  }
}

async function captionSplit({ data, resume = false, json, ...options }: Options): Promise<void> {
  const { loadData } = await import('../recipes');
  const { capfilt, ProgressLine } = await import('../capfilt');
  const line = new ProgressLine();
  const onProgress = (progress: CapFiltProgress) => line.update(progress);
  const result = await capfilt({ ...options, data: await loadData(data), resume, onProgress });
  if (json) return printJson(result);
  const { pictures, captions, broken, webKept } = result.summary;
  console.log(`${result.file}: ${captions} captions of ${pictures} pictures`);
  console.error(
    `The web's caption was kept for ${webKept} of them; ${broken} broken samples were passed over.`,
  );
}

function probability(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('A number above 0, at most 1, is expected.');
  return value;
}

const AFTER = `
Writes DIR/captions.jsonl, a line per picture: {"id", "captions", "scores", "webRank", …}, and DIR/summary.json. Ctrl-C
loses nothing: --resume goes on, with the captions that an undisturbed run would have written.

Shards (--data 'shards?files=web/{00000..00331}.tar') become shards of the same names, with "captions", "sources" and
"scores" in each picture's .json. What is whole is never made again, so the same command goes on, and each machine is given
its own part of the names.

Examples:
  blip2 capfilt --captioner datasets/shapes/captioner --ranker datasets/shapes/clip-l --data shapes --out runs/capfilt
  blip2 pretrain stage1 --recipe shapes --data 'shapes?trainCaptions=runs/capfilt/captions.jsonl' --out runs/stage1
  blip2 pretrain stage1 --recipe shapes --data 'shapes?trainCaptions=web' --out runs/raw`;

export function addCapfilt(program: Command): void {
  program
    .command('capfilt')
    .description(
      'caption web pictures: a captioner writes, CLIP chooses among its captions and the web’s own',
    )
    .requiredOption('--captioner <dir>', 'folder of a BLIP captioner')
    .requiredOption('--ranker <dir>', 'folder of a CLIP')
    .requiredOption(
      '--data <spec>',
      'data whose training pictures are captioned: shapes, or shapes?seed=1; or shards?files=…',
    )
    .requiredOption('--out <dir>', 'folder to write; new, or with --resume one of before')
    .option('--samples <count>', 'captions drawn of each picture (default: 10)', positiveNumber)
    .option('--keep <count>', 'captions kept of each picture (default: 2)', positiveNumber)
    .option('--top-p <p>', 'of nucleus sampling (default: 0.9)', probability)
    .option(
      '--max-new-tokens <count>',
      'the longest caption; others are passed over (default: 16)',
      positiveNumber,
    )
    .option(
      '--no-distinct',
      'rank captions that read alike each on its own, so that both kept may be the same',
    )
    .option('--seed <number>', 'of all draws (default: 0)', wholeNumber)
    .option('--resume', 'go on where it stopped')
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER)
    .action(run);
}
