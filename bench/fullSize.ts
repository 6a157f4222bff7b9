/**
 * A BLIP-2 of a published size with random weights in float16: written, loaded, asked for a caption. Seconds to load, to
 * encode an image and per token, and the most memory that was resident; beside transformers in bfloat16 and float32 where
 * a Python has it (BLIP2_BENCH_PYTHON). The folder takes 8 GB, and is removed at the end.
 *
 *     npx tsx bench/fullSize.ts [opt-2.7b|flan-t5-xl] [DIR]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Blip2 } from '../packages/core/src/inference';
import { MODELS } from './models';
import { writeRandomFolder } from './randomFolder';

type Size = 'opt-2.7b' | 'flan-t5-xl';

const TOKENS = 16;

const seconds = async (body: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
};

async function ours(dir: string): Promise<object> {
  let model!: Blip2;
  const load = await seconds(async () => (model = await Blip2.load(dir, { dtype: 'float16' })));
  const picture = {
    width: 224,
    height: 224,
    data: Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => i % 256),
  };
  const ask = (tokens: number) =>
    model.caption(picture, { numBeams: 1, maxNewTokens: tokens, minNewTokens: tokens });
  const first = await seconds(() => ask(1)); // compiles
  await ask(TOKENS); // compiles what writes on
  const [one, many] = [await seconds(() => ask(1)), await seconds(() => ask(TOKENS))];
  return {
    ...{ name: 'ours, float16', load, first, encodeAndOneToken: one, perToken: (many - one) / (TOKENS - 1) },
    peakGiB: process.resourceUsage().maxRSS / 2 ** 20,
  };
}

async function main([
  size = 'opt-2.7b',
  dir = join(tmpdir(), `blip2-${size}`),
  child,
]: string[]): Promise<void> {
  if (child) return console.log(JSON.stringify(await ours(dir)));
  if (existsSync(dir)) throw new Error(`${dir} is there already: name a folder that is not`);
  try {
    console.error(`writing ${dir}`);
    writeRandomFolder(dir, MODELS[`blip2-${size as Size}`](), 'F16');
    // A process of its own, whose memory is that of the model alone.
    const run = (command: string, args: string[]) => {
      const { stdout, status } = spawnSync(command, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      });
      console.log(status === 0 ? stdout.trim() : `${command} ${args.join(' ')} failed`);
    };
    run(process.execPath, ['--import', 'tsx', import.meta.filename, size, dir, 'child']);
    const python = process.env.BLIP2_BENCH_PYTHON;
    for (const dtype of python ? ['bfloat16', 'float32'] : []) {
      run(python!, [join(import.meta.dirname, 'peers', 'fullSize.py'), dir, dtype, String(TOKENS)]);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2));
