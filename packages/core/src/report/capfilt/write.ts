/** Pages of what CapFilt wrote: of a folder of captioned shards, whoever made them, and of a split's captions. */
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import { writeFileAtomic } from '../../checkpoints';
import {
  addStatistics,
  asRanked,
  readCaptions,
  readRecord,
  readShardRecords,
  statisticsOf,
  type CapFilt,
  type CapFiltSettings,
  type CapFiltSummary,
  type RankedRecord,
  type ShardRecord,
} from '../../capfilt';
import { openSource, UnreadableError, type ImageTextSplit } from '../../data';
import { counted } from '../numbers';
import { pageOf, type CaptionedPicture, type CapFiltPageContent } from './page';

/** Pictures on a page. */
const SAMPLES = 48;

/**
 * Writes `browse.html` into a folder of captioned shards, of all that are whole. @returns its path
 * @throws Blip2Error if none is, or they were made with different models or options
 */
export async function writeCapFiltShardsPage(dir: string): Promise<string> {
  const { records, unfinished } = readShardRecords(dir);
  const sum = (of: (record: ShardRecord) => number) => records.reduce((total, one) => total + of(one), 0);
  const skipped = sum((record) => record.skipped);
  const counts: CapFiltPageContent['counts'] = [
    ['shards', records.length],
    ['pictures read', sum(({ summary }) => summary.pictures) + skipped],
    ['that could not be decoded, and are left out', skipped],
    ...summaryCounts((of) => sum(({ summary }) => summary[of])),
  ];
  const notes = unfinished > 0 ? [`Not counted here: ${counted(unfinished, 'shard')} not finished yet.`] : [];
  return write(dir, {
    settings: records[0].made,
    ...{ counts, notes, samples: await shardSamples(dir, records) },
    statistics: addStatistics(records.map(({ statistics }) => statistics)),
  });
}

/** Writes `browse.html` beside the captions of a split. @returns its path */
export async function writeCapFiltPage(
  { dir, file, summary }: CapFilt,
  split: ImageTextSplit,
): Promise<string> {
  const lines = readCaptions(file).map((line, i) => {
    const ranked = asRanked(line);
    if (ranked) return ranked;
    throw new Blip2Error(`${file} line ${i + 1} does not say what was ranked: it is of an earlier version`, {
      hint: 'Caption the pictures anew, into another folder.',
    });
  });
  const samples = evenly(lines.length).map((index) => {
    const pixels = { width: split.imageSize, height: split.imageSize, data: split.pixels(index) };
    return { record: lines[index], image: pixels };
  });
  return write(dir, {
    settings: readRecord(dir).config as unknown as CapFiltSettings,
    counts: [['captioned', summary.pictures], ...summaryCounts((of) => summary[of])],
    ...{ samples, notes: [], statistics: statisticsOf(lines) },
  });
}

async function write(dir: string, content: Omit<CapFiltPageContent, 'name'>): Promise<string> {
  const path = join(dir, 'browse.html');
  writeFileAtomic(path, [(await pageOf({ name: dir, ...content })).text]);
  return path;
}

function summaryCounts(
  count: (of: 'webFirst' | 'webKept' | 'alike' | ('broken' & keyof CapFiltSummary)) => number,
): [string, number][] {
  return [
    ['whose best caption is the web’s', count('webFirst')],
    ['with a kept caption of the web', count('webKept')],
    ['whose kept captions all read alike', count('alike')],
    ['samples passed over: empty, or cut off', count('broken')],
  ];
}

/** Numbers below `size`, at equal distances, `SAMPLES` at most. */
function evenly(size: number): number[] {
  const count = Math.min(SAMPLES, size);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));
}

/** Of all pictures of all shards as one row. */
async function shardSamples(dir: string, records: readonly ShardRecord[]): Promise<CaptionedPicture[]> {
  const samples: CaptionedPicture[] = [];
  let left = evenly(records.reduce((sum, { summary }) => sum + summary.pictures, 0));
  let start = 0;
  for (const { shard, summary } of records) {
    const end = start + summary.pictures;
    const here = left.filter((index) => index < end).map((index) => index - start);
    left = left.slice(here.length);
    start = end;
    if (here.length > 0) samples.push(...(await samplesOf(join(dir, shard), here)));
  }
  return samples;
}

async function samplesOf(file: string, numbers: readonly number[]): Promise<CaptionedPicture[]> {
  const source = await openSource(`shards?${new URLSearchParams({ files: file }).toString()}`);
  const samples: CaptionedPicture[] = [];
  try {
    for (const number of numbers) {
      try {
        const { id, bytes, captions, metadata } = await source.read(number);
        const record = {
          ...(metadata as Omit<RankedRecord, 'id' | 'captions'>),
          id,
          captions: [...captions],
        };
        samples.push({ record, image: bytes });
      } catch (error) {
        // A picture of which no caption was left.
        if (!(error instanceof UnreadableError)) throw error;
      }
    }
    return samples;
  } finally {
    await source.close();
  }
}
