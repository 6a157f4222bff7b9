/**
 * A BLIP-2 of a published size with random weights in float16: written, loaded, asked for captions. Seconds to load, to
 * encode an image and per token, of the clock and of the processors, and the most memory that was resident; beside
 * transformers in bfloat16, and in float32 where there is memory for it, where a Python has it (BLIP2_BENCH_PYTHON). The
 * folder takes 8 GB, and is removed at the end.
 *
 *     npx tsx bench/fullSize.ts [opt-2.7b|flan-t5-xl] [DIR]
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Blip2 } from '../packages/core/src/inference';
import { resident } from './memory';
import { MODELS } from './models';
import { writeRandomFolder } from './randomFolder';

type Size = 'opt-2.7b' | 'flan-t5-xl';

const TOKENS = 8;
const GIB = 2 ** 30;

/** Seconds of the clock, and of all processors together. */
async function timed(body: () => Promise<unknown>): Promise<[clock: number, cpu: number]> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await body();
  const { user, system } = process.cpuUsage(before);
  return [(performance.now() - start) / 1000, (user + system) / 1e6];
}

async function ours(dir: string): Promise<object> {
  let model!: Blip2;
  const load = await timed(async () => (model = await Blip2.load(dir)));
  const picture = {
    width: 224,
    height: 224,
    data: Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => i % 256),
  };
  const ask =
    (tokens: number, numBeams = 1) =>
    () =>
      model.caption(picture, { numBeams, maxNewTokens: tokens, minNewTokens: tokens });
  const first = await timed(ask(1)); // compiles
  await ask(TOKENS)(); // compiles what writes on
  const encodeAndOneToken = await timed(ask(1));
  const many = await timed(ask(TOKENS));
  await ask(2, 5)();
  const [beamsTwo, beams] = [await timed(ask(2, 5)), await timed(ask(TOKENS, 5))];
  const perToken = many.map((value, i) => (value - encodeAndOneToken[i]) / (TOKENS - 1));
  const perTokenBeam5 = beams.map((value, i) => (value - beamsTwo[i]) / (TOKENS - 2));
  return { name: 'ours, as stored', load, first, encodeAndOneToken, perToken, perTokenBeam5 };
}

/** Runs a process that prints a line of JSON, and watches its memory. */
async function watched(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const peak = { total: 0, own: 0, file: 0 };
  const timer = setInterval(() => {
    const { own, file } = resident(child.pid!) ?? { own: 0, file: 0 };
    peak.total = Math.max(peak.total, (own + file) / GIB);
    peak.own = Math.max(peak.own, own / GIB);
    peak.file = Math.max(peak.file, file / GIB);
  }, 50);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) return console.log(`${command} ${args.join(' ')} failed`);
  console.log(JSON.stringify({ ...(JSON.parse(output) as object), peakGiB: peak }));
}

/** GiB that are free or can be freed. */
function available(): number {
  const kibibytes = /^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Number(kibibytes) / 2 ** 20;
}

async function peers(dir: string, python: string): Promise<void> {
  const files = readdirSync(dir).filter((name) => name.endsWith('.safetensors'));
  const bytes = files.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
  for (const [dtype, times] of [
    ['bfloat16', 1],
    ['float32', 2],
  ] as const) {
    const needed = (times * bytes) / GIB + 1;
    if (needed > available())
      console.log(`transformers, ${dtype}: not run, it needs ${needed.toFixed(0)} GiB`);
    else
      await watched(python, [
        join(import.meta.dirname, 'peers', 'fullSize.py'),
        ...[dir, dtype, String(TOKENS)],
      ]);
  }
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
    await watched(process.execPath, ['--import', 'tsx', import.meta.filename, size, dir, 'child']);
    const python = process.env.BLIP2_BENCH_PYTHON;
    if (python) await peers(dir, python);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

void main(process.argv.slice(2));
