/** Small pictures on disk: shards with captions, as pre-training reads them. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { endBlocks, memberBlocks } from '../../packages/core/src/data/sources/tar';

const COLORS = { red: '#e00000', green: '#00c000', blue: '#0000e0', yellow: '#f0e000' };

/** Coloured squares with what they are; `files` is their specification. */
export async function writeShards({ shards = 2, each = 12, side = 72 } = {}): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-shards-'));
  for (let shard = 0; shard < shards; shard++) {
    const blocks: Uint8Array[] = [];
    for (let i = 0; i < each; i++) {
      const [name, background] = Object.entries(COLORS)[i % 4];
      const picture = await sharp({ create: { width: side + i, height: side, channels: 3, background } })
        .jpeg()
        .toBuffer();
      const key = `${shard}${String(i).padStart(4, '0')}`;
      blocks.push(...memberBlocks(`${key}.jpg`, picture));
      blocks.push(...memberBlocks(`${key}.txt`, Buffer.from(`a ${name} square and a ${name} circle`)));
    }
    writeFileSync(join(dir, `${shard}.tar`), Buffer.concat([...blocks, endBlocks()]));
  }
  return `shards?files=${dir}/{0..${shards - 1}}.tar`;
}
