/** Reads pictures through the loader and says what it read: the process that loader.ts looks at. `loaderWorker.ts OPTIONS` */
import { createHash } from 'node:crypto';
import { openSource, PictureLoader } from '../../packages/core/src/data';
import { BROKEN } from './loader';

interface Options {
  dir: string;
  samples: number;
  imageSize: number;
  batchSize: number;
  workers: number;
  prefetch: number;
}

/** What it says a hundred times. */
export interface LoaderSign {
  done: number;
  /** Resident, in bytes. */
  memory: number;
  skipped: Record<string, number>;
  /** Of all batches until then. */
  hash: string;
  problem?: string;
}

const { dir, samples, ...options } = JSON.parse(process.argv[2]) as Options;
const { batchSize } = options;

async function main(): Promise<void> {
  const loader = new PictureLoader(await openSource(dir), { ...options, seed: 5, augment: true });
  const hash = createHash('sha256');
  let memory = 0;
  let problem: string | undefined;
  const steps = samples / batchSize;
  for (let step = 0; step < steps; step++) {
    const { pixels, captions, ids } = await loader.batch(step);
    hash.update(pixels).update(JSON.stringify([captions, ids]));
    const broken = ids.find((id) => id.endsWith(BROKEN));
    if (broken !== undefined) problem = `${broken} was handed out`;
    memory = Math.max(memory, process.memoryUsage.rss());
    const done = step + 1;
    if (done % Math.max(1, Math.floor(steps / 100)) > 0 && done < steps) continue;
    const skipped = Object.fromEntries(
      Object.entries(loader.skipped.by).map(([reason, { count }]) => [reason, count]),
    );
    process.send!({ done: done * batchSize, memory, skipped, hash: hash.copy().digest('hex'), problem });
    memory = 0;
  }
  await loader.dispose();
  process.disconnect();
}

void main();
