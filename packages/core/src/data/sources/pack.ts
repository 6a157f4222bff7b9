/**
 * Any source as WebDataset shards: `KEY.jpg` with `KEY.json`. In an order of its own, so that neighbours are strangers and
 * a run of them may be read at once. A shard is written beside and renamed; what is whole is kept when packing goes on.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Blip2Error } from '../../runtime';
import { canonicalJson, makeFolder, readJsonObject, sha256, writeFileAtomic } from '../../checkpoints';
import type { ExampleFilters } from '../filters';
import { bijection, hashInts } from '../random';
import { FaultList, type Faults } from './faults';

import { UnreadableError, type ReadPicture } from './place';
import type { PictureSource } from './source';
import { endBlocks, memberBlocks } from './tar';

/** What shards are made of a source. */
export interface PackOptions {
  out: string;
  /** Pictures in a shard, at most; 10,000 unless given. */
  maxCount?: number;
  /** Bytes of a shard, about; a gigabyte unless given. It is held in memory. */
  maxBytes?: number;
  /** Pictures whose shorter side is longer are made this small, as JPEG of quality 95; others stay as they are. */
  imageSize?: number;
  /** Of the order; 0 unless given. */
  seed?: number;
  /** What any of them refuses is left out. */
  filters?: ExampleFilters;
  onProgress?: (done: number, total: number) => void;
}

/** `pack.json` beside the shards. */
export interface PackRecord {
  /** Of source and options: going on with others would make a set of two halves. */
  key: string;
  shards: { name: string; pictures: number }[];
  /** How many pictures of the order are dealt with. */
  next: number;
  of: number;
  pictures: number;
  skipped: Faults;
}

const JPEG_QUALITY = 95;
const KEY_DIGITS = 9;

/** Packs what is not packed yet. @throws Blip2Error if `out` holds shards of other data or options; of questions */
export async function packShards(source: PictureSource, options: PackOptions): Promise<PackRecord> {
  const { out, maxCount = 10_000, maxBytes = 1e9, imageSize, seed = 0, filters = {}, onProgress } = options;
  if (source.asks) {
    throw new Blip2Error(`${source.name} is questions: each would take its picture with it`, {
      hint: 'Train on the files of the set itself.',
      exitCode: 2,
    });
  }
  const filterNames = Object.keys(filters);
  const key = sha256(
    canonicalJson({
      ...{ source: source.identity, maxCount, maxBytes, seed, filterNames },
      imageSize: imageSize ?? null,
    }),
  );
  const path = join(out, 'pack.json');
  makeFolder(out);
  let record = existsSync(path)
    ? (readJsonObject(path) as unknown as PackRecord)
    : { key, shards: [], next: 0, of: source.size, pictures: 0, skipped: new FaultList() };
  if (record.key !== key) {
    throw new Blip2Error(`${out} holds shards of other data, or made with other options`, {
      hint: 'Give another folder, or the data and options of before to go on.',
      exitCode: 2,
    });
  }
  while (record.next < source.size) {
    const shard = await fill(source, record, { maxCount, maxBytes, imageSize, seed, filters, onProgress });
    const name = `${record.shards.length}`.padStart(5, '0') + '.tar';
    const { blocks, pictures, next, skipped } = shard;
    if (pictures > 0) writeFileAtomic(join(out, name), [...blocks, endBlocks()]);
    const all = new FaultList();
    all.addAll(record.skipped);
    all.addAll(skipped);
    const shards = pictures > 0 ? [...record.shards, { name, pictures }] : record.shards;
    record = { ...record, shards, next, pictures: record.pictures + pictures, skipped: all };
    writeFileAtomic(path, [JSON.stringify(record, null, 2)]);
    onProgress?.(next, source.size);
  }
  return record;
}

interface Filled {
  blocks: Uint8Array[];
  pictures: number;
  next: number;
  skipped: FaultList;
}

type Fill = Required<Pick<PackOptions, 'maxCount' | 'maxBytes' | 'seed' | 'filters'>> &
  Pick<PackOptions, 'imageSize' | 'onProgress'>;

/** Pictures for one shard, from where the last one ended. */
async function fill(source: PictureSource, from: PackRecord, options: Fill): Promise<Filled> {
  const { maxCount, maxBytes, seed, imageSize, filters, onProgress } = options;
  const skipped = new FaultList();
  const blocks: Uint8Array[] = [];
  const together = availableParallelism();
  let [pictures, bytes, next] = [0, 0, from.next];
  const read = (place: number) => packed(source, bijection(source.size, place, hashInts(seed)), imageSize);
  while (next < source.size && pictures < maxCount && bytes < maxBytes) {
    const count = Math.min(together, source.size - next, maxCount - pictures);
    for (const { picture, fault } of await Promise.all(
      Array.from({ length: count }, (_, i) => read(next + i)),
    )) {
      const refusal = picture && refusalOf(picture, filters);
      if (!picture) skipped.add(fault!.reason, fault!.where);
      else if (refusal !== undefined) skipped.add(`filter ${refusal}`, picture.id);
      else {
        const key = `${from.pictures + pictures++}`.padStart(KEY_DIGITS, '0');
        const own = membersOf(key, picture);
        blocks.push(...own);
        bytes += own.reduce((sum, { length }) => sum + length, 0);
      }
    }
    next += count;
    onProgress?.(next, source.size);
  }
  return { blocks, pictures, next, skipped };
}

/** A picture and what is known of it as members of a shard. */
export function membersOf(key: string, { id, bytes, captions, metadata }: ReadPicture): Uint8Array[] {
  const json = Buffer.from(JSON.stringify({ ...metadata, id, captions }));
  return [...memberBlocks(`${key}.${extensionOf(bytes)}`, bytes), ...memberBlocks(`${key}.json`, json)];
}

const refusalOf = (
  { id, captions, metadata = {} }: ReadPicture,
  filters: ExampleFilters,
): string | undefined => Object.keys(filters).find((name) => !filters[name]({ id, captions, metadata }));

async function packed(
  source: PictureSource,
  index: number,
  imageSize: number | undefined,
): Promise<{ picture?: ReadPicture; fault?: { reason: string; where: string } }> {
  try {
    const picture = await source.read(index);
    return {
      picture: imageSize === undefined ? picture : { ...picture, bytes: await shrunk(picture, imageSize) },
    };
  } catch (error) {
    if (error instanceof UnreadableError) return { fault: error };
    throw error;
  }
}

async function shrunk({ id, bytes }: ReadPicture, size: number): Promise<Uint8Array> {
  try {
    const { width, height } = await sharp(bytes).metadata();
    if (Math.min(width, height) <= size) return bytes;
    return await sharp(bytes)
      .autoOrient()
      .resize(size, size, { fit: 'outside', kernel: 'cubic' })
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  } catch (cause) {
    throw new UnreadableError('cannot be decoded', `${id} (${(cause as Error).message})`, cause);
  }
}

/** By its first bytes. */
function extensionOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('GIF8')) return 'gif';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'webp' : 'jpg';
}
