/**
 * A BLIP-2 of a published size with random weights in float16: written, loaded, asked for a caption. Seconds to load, to
 * encode an image and per token, and the most memory that was resident; beside transformers in bfloat16 and float32 where
 * a Python has it (BLIP2_BENCH_PYTHON). The folder takes 8 GB, and is removed at the end.
 *
 *     npx tsx bench/fullSize.ts [opt-2.7b|flan-t5-xl] [DIR]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { configToDisk } from '../packages/core/src/checkpoints';
import { byteSize } from '../packages/core/src/checkpoints/dtypes';
import { writeWeights } from '../packages/core/src/checkpoints/shards';
import type { StoredTensor } from '../packages/core/src/checkpoints/writeSafetensors';
import { Blip2, writeImageProcessor } from '../packages/core/src/inference';
import { CLIP_MEAN, CLIP_STD } from '../packages/core/src/image';
import { BLIP2, FLAN_T5_XL, OPT, OPT_2_7B, T5 } from '../packages/core/src/models';

const LANGUAGES = {
  'opt-2.7b': { config: { ...OPT.writeConfig(OPT_2_7B), eosTokenId: 50_118 }, tokenizer: 'tokenizer-opt' },
  'flan-t5-xl': { config: T5.writeConfig({ ...FLAN_T5_XL, denseActFn: 'gelu' }), tokenizer: 'tokenizer-t5' },
};
type Size = keyof typeof LANGUAGES;

const TOKENS = 16;
/** Drawn once: larger tensors repeat it. float16 of ±2⁻⁷ to ±2⁻⁶. */
const BLOCK = Uint16Array.from({ length: 1 << 20 }, () => {
  return (Math.random() < 0.5 ? 0x8000 : 0) | (0x2000 + Math.floor(Math.random() * 0x400));
});

/** Random weights; those of norms are 1. */
function randomTensor(name: string, shape: readonly number[]): StoredTensor {
  const isNorm = /norm/i.test(name) && name.endsWith('weight');
  return {
    ...{ dtype: 'F16', shape },
    bytes: () => {
      const bytes = new Uint8Array(byteSize('F16', shape));
      const halves = new Uint16Array(bytes.buffer);
      if (isNorm) halves.fill(0x3c00);
      for (let at = 0; at < halves.length && !isNorm; at += BLOCK.length) {
        halves.set(BLOCK.subarray(0, halves.length - at), at);
      }
      return bytes;
    },
  };
}

function write(size: Size, dir: string): void {
  const { config: textConfig, tokenizer } = LANGUAGES[size];
  const config = BLIP2.readConfig({ visionConfig: {}, qformerConfig: {}, textConfig, numQueryTokens: 32 });
  const specs = Object.entries(BLIP2.build(config).parameters());
  mkdirSync(dir, { recursive: true });
  writeWeights(dir, new Map(specs.map(([name, { shape }]) => [name, randomTensor(name, shape)])), 5e9);
  const json = { ...BLIP2.writeConfig(config), imageTokenIndex: 3, dtype: 'float16' };
  writeFileSync(join(dir, 'config.json'), JSON.stringify(configToDisk(json)));
  writeImageProcessor(dir, { size: 224, mean: [...CLIP_MEAN], std: [...CLIP_STD] });
  cpSync(join(shapesDirectory, tokenizer), dir, { recursive: true });
}

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
    write(size as Size, dir);
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
