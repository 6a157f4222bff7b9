/** `blip2 capfilt`: captions for the training pictures, drawn by a captioner and chosen by CLIP. */
import { InvalidArgumentError, type Command } from 'commander';
import type { CapFiltProgress } from '../capfilt';
import { positiveNumber, requireOptions, wholeNumber } from './arguments';
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

async function run(options: Options, command: Command): Promise<void> {
  requireOptions(command, ['captioner', 'ranker', 'data', 'out']);
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
    const { writeCapFiltShardsPage } = await import('../report');
    const page = await writeCapFiltShardsPage(options.out);
    if (json) return printJson({ dir: options.out, page, shards });
    for (const { shard, skipped, summary } of shards) {
      console.log(
        `${shard}: ${summary.captions} captions of ${summary.pictures} pictures, ${skipped} unreadable`,
      );
    }
    console.error(`Page     ${page}`);
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
  const pictures = await loadData(data);
  const result = await capfilt({ ...options, data: pictures, resume, onProgress });
  const { writeCapFiltPage } = await import('../report');
  const page = await writeCapFiltPage(result, pictures.train);
  if (json) return printJson({ ...result, page });
  const { pictures: count, captions, broken, webKept } = result.summary;
  console.log(`${result.file}: ${captions} captions of ${count} pictures`);
  console.error(
    `The web's caption was kept for ${webKept} of them; ${broken} broken samples were passed over.\nPage     ${page}`,
  );
}

/** Of a folder of shards, made here or elsewhere. */
async function writePage(dir: string, _: object, command: Command): Promise<void> {
  const { writeCapFiltShardsPage } = await import('../report');
  const page = await writeCapFiltShardsPage(dir);
  if (command.optsWithGlobals<{ json?: boolean }>().json) printJson({ page });
  else console.log(page);
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

Beside what is made lies DIR/browse.html: what was kept of which, how well captions fit before and after, samples. Where several
machines filled a folder, \`blip2 capfilt page DIR\` writes it of all shards together.

Examples:
  blip2 capfilt --captioner datasets/shapes/captioner --ranker datasets/shapes/clip-l --data shapes --out runs/capfilt
  blip2 pretrain stage1 --recipe shapes --data 'shapes?trainCaptions=runs/capfilt/captions.jsonl' --out runs/stage1
  blip2 pretrain stage1 --recipe shapes --data 'shapes?trainCaptions=web' --out runs/raw`;

export function addCapfilt(program: Command): void {
  const command = program
    .command('capfilt')
    .description(
      'caption web pictures: a captioner writes, CLIP chooses among its captions and the web’s own',
    )
    .option('--captioner <dir>', 'folder of a BLIP captioner (required)')
    .option('--ranker <dir>', 'folder of a CLIP (required)')
    .option(
      '--data <spec>',
      'data whose training pictures are captioned: shapes, or shapes?seed=1; or shards?files=… (required)',
    )
    .option('--out <dir>', 'folder to write; new, or with --resume one of before (required)')
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
  command
    .command('page')
    .argument('<dir>', 'folder of captioned shards')
    .description('statistics and samples of all captioned shards of a folder, as DIR/browse.html')
    .option('--json', 'print one JSON document')
    .action(writePage);
}
