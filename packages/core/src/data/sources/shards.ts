/** WebDataset tar shards (`KEY.jpg` with `KEY.txt` or `KEY.json`), read at random through an index. */
import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Blip2Error } from '../../runtime';
import { fileError, sha256 } from '../../checkpoints';
import { FaultList } from './faults';
import { PlaceReader } from './place';
import { openShard, readStarts, type Shard } from './shardIndex';
import type { PictureSource } from './source';

/** How many samples that follow each other are drawn together: a disk that seeks reads them at once. */
const RUN = 16;
/** Of starts that are kept in memory. */
const BYTES = 256 * 2 ** 20;

/** @param files paths of shards, in order @param cache where indices lie; `blip2` beside each shard unless given */
export function openShards(name: string, files: readonly string[], cache?: string): PictureSource {
  const faults = new FaultList();
  const shards = files.map((file) => openShard(file, cache ?? join(dirname(file), 'blip2')));
  for (const shard of shards) faults.addAll(shard.faults);
  const ends = Float64Array.from(
    shards,
    (
      (sum) => (shard: Shard) =>
        (sum += shard.count)
    )(0),
  );
  const size = ends.at(-1) ?? 0;
  if (size === 0) {
    throw new Blip2Error(`There is no picture with a text in the ${files.length} shards of ${name}`, {
      hint: 'A sample is KEY.jpg with KEY.txt or KEY.json, one after the other.',
    });
  }
  const starts = new StartsCache();
  const reader = new PlaceReader();
  const place = (index: number) => {
    const shard = firstAbove(ends, index);
    const own = starts.of(shards[shard]);
    const row = index - (ends[shard] - shards[shard].count);
    const offset = own[row] * 512;
    return { file: shards[shard].path, range: [offset, own[row + 1] * 512 - offset] as const };
  };
  return {
    name,
    size,
    identity: { source: name, shards: sha256(...shards.map(({ hash }) => hash)) },
    parts: [{ name, start: 0, size, weight: 1, run: RUN }],
    faults,
    id: (index) => reader.read(place(index)).id,
    place,
    read: async (index) => reader.read(place(index)),
    close: async () => reader.close(),
  };
}

/** Starts of the shards that were asked for last. */
class StartsCache {
  private readonly known = new Map<Shard, Uint32Array>();
  private bytes = 0;

  of(shard: Shard): Uint32Array {
    const known = this.known.get(shard);
    if (known) return known;
    const starts = readStarts(shard);
    this.known.set(shard, starts);
    this.bytes += starts.byteLength;
    for (const [oldest, { byteLength }] of this.known) {
      if (this.bytes <= BYTES) break;
      this.known.delete(oldest);
      this.bytes -= byteLength;
    }
    return starts;
  }
}

/** The place of the first value above, of values that grow. */
export function firstAbove(values: Float64Array, value: number): number {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** All shards of a folder, by name. @throws Blip2Error naming a folder that cannot be read */
export function shardsIn(dir: string): string[] {
  try {
    const names = readdirSync(dir).filter((name) => name.endsWith('.tar'));
    return names.sort().map((name) => resolve(dir, name));
  } catch (cause) {
    throw fileError(cause, 'read', dir);
  }
}

/** `a-{000..099}.tar` and `{a,b}.tar` as paths. */
export function expandBraces(pattern: string): string[] {
  const match = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(pattern);
  if (!match) return [pattern];
  const [, before, inside, after] = match;
  const range = /^(\d+)\.\.(\d+)$/.exec(inside);
  const middles = range ? countUp(range[1], range[2]) : inside.split(',');
  return middles.flatMap((middle) => expandBraces(`${before}${middle}${after}`));
}

function countUp(from: string, to: string): string[] {
  const count = Number(to) - Number(from) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    `${Number(from) + i}`.padStart(from.length, '0'),
  );
}
