/** `blip2 data`: is a local copy of a set whole; any set as shards. */
import { InvalidArgumentError, type Command } from 'commander';
import type { CheckReport, PackRecord } from '../data';
import { positiveNumber, wholeNumber } from './arguments';
import { Exit, printJson } from './output';

const SPEC_HELP =
  'coco?dir=DIR, vg?, cc3m?, cc12m?, sbu?, laion?, parquet?, shards?files=…, a folder, or mix.json';

const SECONDS = 10;

/** Says on standard error how far it is, now and then. */
function progress(what: string): (done: number, total: number) => void {
  let last = Date.now();
  return (done, total) => {
    if (Date.now() - last < SECONDS * 1000) return;
    last = Date.now();
    console.error(`${what} ${done} of ${total} pictures`);
  };
}

interface CheckFlags {
  samples?: number;
  page?: string;
  json?: boolean;
}

async function check(specification: string, { samples, page, json }: CheckFlags): Promise<void> {
  const { checkSource, openSource, readMix } = await import('../data');
  const isMix = specification.endsWith('.json');
  const specifications = isMix ? readMix(specification).map(({ data }) => data) : [specification];
  const reports: ({ data: string } & CheckReport)[] = [];
  for (const data of specifications) {
    const source = await openSource(data);
    const split = /[?&]split=([^&]+)/.exec(data)?.[1];
    reports.push({
      data,
      ...(await checkSource(source, { samples, split, onProgress: progress(`${data}: looked for`) })),
    });
    await source.close();
  }
  if (page !== undefined) {
    const { writeSamplePage } = await import('../report');
    const source = await openSource(specification);
    await writeSamplePage(source, page);
    await source.close();
  }
  if (json) printJson(isMix ? reports : reports[0]);
  else for (const report of reports) await print(report);
  if (reports.some(({ ok }) => !ok)) throw new Exit(1);
}

const SHOWN = 5;

async function print({ data, ...report }: { data: string } & CheckReport): Promise<void> {
  const { describeFaults, manifestOf } = await import('../data');
  const { name, pictures, captions, differences, index, missing, broken, samples } = report;
  const number = (value: number) => value.toLocaleString('en');
  const said = captions === null ? '' : `, ${number(captions)} captions`;
  console.log(`${data}: ${number(pictures)} pictures${said}`);
  const manifest = manifestOf(name);
  if (manifest) {
    console.log(`  ${manifest.title}, ${manifest.source}; annotations: ${manifest.licence.annotations}`);
  }
  for (const difference of differences) console.log(`  differs: ${difference}`);
  for (const line of describeFaults(index)) console.log(`  index: ${line}`);
  for (const line of describeFaults(missing)) console.log(`  missing: ${line}`);
  for (const line of describeFaults(broken)) console.log(`  broken: ${line}`);
  for (const { id, captions: texts, width, height } of samples.slice(0, SHOWN)) {
    console.log(`  ${id}, ${width}×${height}: ${texts.slice(0, 2).join(' | ')}`);
  }
  console.log(report.ok ? '  whole' : '  not whole');
}

interface PackFlags {
  out: string;
  maxSize?: number;
  maxCount?: number;
  imageSize?: number;
  filter?: string;
  seed?: number;
  json?: boolean;
}

async function pack(
  specification: string,
  { out, maxSize, filter, json, ...options }: PackFlags,
): Promise<void> {
  const { openSource, packShards, readFilters } = await import('../data');
  const source = await openSource(specification);
  const record: PackRecord = await packShards(source, {
    ...options,
    out,
    maxBytes: maxSize && maxSize * 1e6,
    filters: filter === undefined ? undefined : readFilters(filter),
    onProgress: progress('packed'),
  });
  await source.close();
  if (json) return printJson({ out, ...record });
  const { describeFaults } = await import('../data');
  console.log(`${out}: ${record.pictures} pictures in ${record.shards.length} shards`);
  for (const line of describeFaults(record.skipped)) console.log(`  left out: ${line}`);
}

function megabytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('A number of megabytes is expected.');
  return value;
}

const AFTER_CHECK = `
Exit code 1 if anything is missing or broken, or counts differ from the manifest (datasets/manifests).

Example:
  blip2 data check 'coco?dir=/data/coco' --page samples.html`;

const AFTER_PACK = `
Writes DIR/00000.tar, …, each whole or not at all, and DIR/pack.json. The same command again goes on where it stopped.

Examples:
  blip2 data pack 'coco?dir=/data/coco' --out /data/coco-shards
  blip2 data pack 'laion?dir=/data/laion' --out /data/laion-256 --image-size 256 --filter words.txt`;

export function addData(program: Command): void {
  const data = program.command('data').description('public sets and shards: check a local copy, pack one');
  data
    .command('check <spec>')
    .description(`verify a local copy of a set, and show samples (${SPEC_HELP})`)
    .option('--samples <count>', 'pictures to decode (default: 100)', wholeNumber)
    .option('--page <file>', 'write an HTML page of samples')
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER_CHECK)
    .action(check);
  data
    .command('pack <spec>')
    .description('write WebDataset shards, in a shuffled order')
    .requiredOption('--out <dir>', 'folder of the shards')
    .option('--max-size <megabytes>', 'of a shard, about (default: 1000)', megabytes)
    .option('--max-count <count>', 'pictures in a shard (default: 10000)', positiveNumber)
    .option('--image-size <pixels>', 'shrink to this shorter side (default: as they are)', positiveNumber)
    .option('--filter <file>', 'leave out what a block-list (.txt) or script of filters (.cjs) refuses')
    .option('--seed <number>', 'of the order (default: 0)', wholeNumber)
    .option('--json', 'print one JSON document')
    .addHelpText('after', AFTER_PACK)
    .action(pack);
}
