/** Small copies of public sets, laid out as the sets are. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { PictureSource } from '../../packages/core/src/data';
import { endBlocks, memberBlocks } from '../../packages/core/src/data/sources/tar';

export const temporaryDir = (): string => mkdtempSync(join(tmpdir(), 'pictures-'));

/** A JPEG of one grey, with a stripe that tells left from right. */
export async function jpeg(grey: number, width = 40, height = 30): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3, grey);
  for (let y = 0; y < height; y++) data.fill(255, y * width * 3, (y * width + 4) * 3);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

export function put(dir: string, name: string, content: string | Uint8Array | object): void {
  const path = join(dir, name);
  mkdirSync(dirname(path), { recursive: true });
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isText ? content : JSON.stringify(content));
}

/** A tar of these members. */
export function tar(members: Record<string, string | Uint8Array>): Buffer {
  const blocks = Object.entries(members).flatMap(([name, content]) =>
    memberBlocks(name, typeof content === 'string' ? Buffer.from(content) : content),
  );
  return Buffer.concat([...blocks, endBlocks()]);
}

/** A shard of `count` pictures from number `from` on, with a caption each. */
export async function shard(from: number, count: number): Promise<Buffer> {
  const members: Record<string, string | Uint8Array> = {};
  for (let i = from; i < from + count; i++) {
    const key = `${i}`.padStart(9, '0');
    members[`${key}.jpg`] = await jpeg(i * 5);
    members[`${key}.txt`] = `Picture ${i}.`;
    members[`${key}.json`] = JSON.stringify({ caption: `Picture ${i}.`, NSFW: i % 2 ? 'UNLIKELY' : 'NSFW' });
  }
  return tar(members);
}

/** Ids with captions, in order. */
export async function contents(source: PictureSource): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {};
  for (let i = 0; i < source.size; i++) {
    const { id, captions, bytes } = await source.read(i);
    expect(source.id(i)).toBe(id);
    expect([...bytes.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    all[id] = captions;
  }
  await source.close();
  return all;
}
/** How many, by reason. */
export const faultsOf = ({ faults }: PictureSource) =>
  Object.fromEntries(Object.entries(faults.by).map(([reason, { count }]) => [reason, count]));
