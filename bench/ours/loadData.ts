/**
 * Crops of 224 pixels from JPEG shards, as training reads them: a step is `batchesPerStep` batches. The shards are made
 * at the first run, in the system's folder for temporary files, where the peer finds them. `--threads` is the number of
 * threads that decode.
 *
 *   npm run bench -- load-data
 *   node --import tsx bench/ours/loadData.ts bench/peers/load-data.json --steps 80     flat memory over 100,000 pictures
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { readConfig, serve, threads, variant } from './serve';
import { drawBelow } from '../../packages/core/src/data/random';
import { endBlocks, memberBlocks } from '../../packages/core/src/data/sources/tar';
import { normalise } from '../../packages/core/src/image';

interface Config {
  folder: string;
  pictures: number;
  /** So many are drawn, and come again under other names. */
  distinct: number;
  sizes: [number, number][];
  quality: number;
  perShard: number;
  imageSize: number;
  batchSize: number;
  batchesPerStep: number;
  prefetch: number;
}

/** Like a photograph to a JPEG decoder: large and small things, and the noise of a sensor. */
async function photograph(number: number, { sizes, quality }: Config): Promise<Buffer> {
  const [width, height] = sizes[number % sizes.length];
  const spots = (across: number, down: number, stream: number) => {
    const data = Uint8Array.from({ length: across * down * 3 }, (_, i) => drawBelow(256, number, stream, i));
    return sharp(data, { raw: { width: across, height: down, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .png({ compressionLevel: 0 })
      .toBuffer();
  };
  const noise = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 12 },
    },
  })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return sharp(await spots(8, 6, 0))
    .composite([
      { input: await spots(Math.round(width / 12), Math.round(height / 12), 1), blend: 'soft-light' },
      { input: noise, blend: 'overlay' },
    ])
    .jpeg({ quality })
    .toBuffer();
}

async function shardsOf(config: Config): Promise<string> {
  const dir = join(tmpdir(), config.folder);
  const stamp = join(dir, 'config.json');
  const wanted = JSON.stringify(config);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return dir;
  const photographs: Buffer[] = [];
  for (let i = 0; i < config.distinct; i++) photographs.push(await photograph(i, config));
  const partial = `${dir}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  for (let from = 0; from < config.pictures; from += config.perShard) {
    const blocks: Uint8Array[] = [];
    for (let i = from; i < Math.min(from + config.perShard, config.pictures); i++) {
      const key = `${i}`.padStart(9, '0');
      blocks.push(...memberBlocks(`${key}.jpg`, photographs[i % config.distinct]));
      blocks.push(...memberBlocks(`${key}.txt`, Buffer.from(`picture ${i}`)));
    }
    const name = `${from / config.perShard}`.padStart(5, '0');
    writeFileSync(join(partial, `${name}.tar`), Buffer.concat([...blocks, endBlocks()]));
  }
  writeFileSync(join(partial, 'config.json'), wanted);
  rmSync(dir, { recursive: true, force: true });
  renameSync(partial, dir);
  return dir;
}

async function main(): Promise<void> {
  const config = readConfig<Config>();
  const dir = await shardsOf(config);
  const { openSource, PictureLoader } = await import('../../packages/core/src/data');
  const source = await openSource(dir);
  const { batchSize, imageSize, prefetch, batchesPerStep } = config;
  const loader = new PictureLoader(source, {
    ...{ batchSize, imageSize, prefetch, seed: 0, augment: true },
    workers: threads,
  });
  let next = 0;
  const bytes = new Uint8Array(loader.batchBytes);
  const floats = new Float32Array(bytes.length);
  await serve(async () => {
    for (let i = 0; i < batchesPerStep; i++) {
      const { pixels } = await loader.batch(next++, bytes);
      if (variant === 'normalised') normalise(pixels, floats);
    }
  });
  await loader.dispose();
}

void main();
