/**
 * CapFilt over shards of web pictures: of each shard one of the same name, with the same pictures and the captions that were
 * kept. A shard is written whole or not at all, and is a function of its contents and its name: any number of machines may
 * share them out, stop, and go on.
 */
import { basename, join } from 'node:path';
import { Blip2Error, breathe } from '../runtime';
import { canonicalJson, makeFolder, sha256, writeFileAtomic } from '../checkpoints';
import { decodePixels, normalise, resample } from '../image';
import {
  endBlocks,
  expandBraces,
  hashInts,
  membersOf,
  openSource,
  UnreadableError,
  type PictureSource,
  type ReadPicture,
} from '../data';
import { captionRows, type PictureRows, type Towers } from './batch';
import type { RankedRecord } from './captionsFile';
import { parseCapFilt, type CapFiltSettingOptions, type CapFiltSettings } from './options';
import { Pace, type CapFiltProgress } from './progress';
import { finishedShard, recordPath, type ShardRecord } from './shardRecord';
import { statisticsOf } from './statistics';
import { summarise } from './summary';

/** The shards, the two models, and how captions are drawn and kept. */
export interface CapFiltShardsOptions extends CapFiltSettingOptions, Towers {
  /** `DIR/{00000..00331}.tar`: on several machines, to each its own part of them. */
  files: string;
  /** Folder of the shards to write; those that are whole are left as they are. */
  out: string;
  onProgress?: (progress: CapFiltProgress & { shard: string }) => void;
  /** Ends the work between two batches, with its reason as the error. */
  signal?: AbortSignal;
}

/**
 * Captions every shard that is not yet there.
 * @throws Blip2Error if two shards have one name, or one in `out` was made of others, or with other models or options
 */
export async function capfiltShards(options: CapFiltShardsOptions): Promise<ShardRecord[]> {
  const { files, out, captioner, ranker, onProgress, signal, ...rest } = options;
  const job = { towers: { captioner, ranker }, settings: parseCapFilt(rest), onProgress, signal };
  const shards = expandBraces(files);
  checkNames(shards);
  makeFolder(out);
  const records: ShardRecord[] = [];
  for (const file of shards) records.push(await captionShard(file, out, job));
  return records;
}

interface Job extends Pick<CapFiltShardsOptions, 'onProgress' | 'signal'> {
  towers: Towers;
  settings: CapFiltSettings;
}

/** Of what is written of a picture; another number where that changes. */
const LAYOUT = 2;

async function captionShard(file: string, out: string, job: Job): Promise<ShardRecord> {
  const shard = basename(file);
  const source = await openSource(`shards?${new URLSearchParams({ files: file }).toString()}`);
  try {
    const { captioner, ranker } = job.towers;
    const made = { ...job.settings, captioner: captioner.hash, ranker: ranker.hash };
    const key = sha256(canonicalJson({ shard, source: source.identity, ...made, layout: LAYOUT }));
    const path = recordPath(out, shard);
    const before = finishedShard(path, key);
    if (before) return before;
    const { blocks, records, skipped } = await fill(source, shard, job);
    // The record comes last: a shard without one is made again.
    writeFileAtomic(join(out, shard), [...blocks, endBlocks()]);
    const counts = { summary: summarise(records), skipped, statistics: statisticsOf(records) };
    const record: ShardRecord = { shard, key, made, ...counts };
    writeFileAtomic(path, [`${JSON.stringify(record, null, 2)}\n`]);
    return record;
  } finally {
    await source.close();
  }
}

/** A shard's pictures in their order, with what was kept of their captions. */
async function fill(source: PictureSource, shard: string, { towers, settings, onProgress, signal }: Job) {
  const blocks: Uint8Array[] = [];
  const records: RankedRecord[] = [];
  const pace = new Pace(source.size);
  const { batchSize, seed } = settings;
  const ofShard = parseInt(sha256(shard).slice(0, 8), 16) | 0;
  let skipped = 0;
  const read = (start: number) => {
    const numbers = Array.from({ length: Math.min(batchSize, source.size - start) }, (_, i) => start + i);
    return Promise.all(numbers.map((number) => readable(source, number, towers)));
  };
  let coming = read(0);
  for (let start = 0; start < source.size; start += batchSize) {
    signal?.throwIfAborted();
    const rows = await coming;
    coming = read(start + batchSize); // while the models work
    coming.catch(() => {}); // is thrown when it is awaited
    const pictures = rows.filter((picture) => picture !== undefined);
    skipped += rows.length - pictures.length;
    if (pictures.length > 0) {
      const captioned = await captionRows(
        rowsOf(pictures, batchSize),
        hashInts(seed, ofShard, start),
        towers,
        settings,
      );
      captioned.forEach((record, i) => blocks.push(...captionedMembers(pictures[i].read, record)));
      records.push(...captioned);
    }
    onProgress?.({ ...pace.at(Math.min(start + batchSize, source.size)), shard });
    await breathe();
  }
  return { blocks, records, skipped };
}

/** A picture, decoded for each tower. */
interface Decoded {
  read: ReadPicture;
  pixels: ReadonlyMap<number, Uint8Array>;
}

/** Undefined for one that cannot be read or decoded. */
async function readable(
  source: PictureSource,
  number: number,
  { captioner, ranker }: Towers,
): Promise<Decoded | undefined> {
  try {
    const read = await source.read(number);
    const sides = [...new Set([captioner.imageSize, ranker.imageSize])];
    const picture = await decodePixels(read.bytes);
    return { read, pixels: new Map(sides.map((side) => [side, resample(picture, side)])) };
  } catch (error) {
    if (error instanceof UnreadableError || error instanceof Blip2Error) return undefined;
    throw error;
  }
}

/** The last rows repeat the first picture, so that one signature is compiled. */
function rowsOf(pictures: readonly Decoded[], batchSize: number): PictureRows {
  const at = (row: number) => pictures[row < pictures.length ? row : 0];
  return {
    count: pictures.length,
    id: (row) => at(row).read.id,
    captions: (row) => at(row).read.captions,
    pixels({ imageSize }) {
      const size = imageSize * imageSize * 3;
      const all = new Uint8Array(batchSize * size);
      for (let row = 0; row < batchSize; row++) all.set(at(row).pixels.get(imageSize)!, row * size);
      return normalise(all);
    },
  };
}

/** Where each caption comes from stays with it, and the web's own, kept or not. */
function captionedMembers(picture: ReadPicture, { id: _, captions, ...record }: RankedRecord): Uint8Array[] {
  const metadata = { ...picture.metadata, web: picture.captions, ...record };
  return membersOf(picture.id, { ...picture, captions, metadata });
}

function checkNames(shards: readonly string[]): void {
  const names = shards.map((file) => basename(file));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new Blip2Error(`Two shards are called ${twice}: what is made of them would be one file`, {
    hint: 'Caption the folders one after the other, each into its own.',
    exitCode: 2,
  });
}
