/**
 * Our hot paths beside PyTorch's on this machine: both processes are alive at once and take turns, so that
 * whatever else the machine does falls on both.
 *
 *   npm run bench -- [case...] [--variants compiled,xla] [--threads 2] [--json]
 *
 * PyTorch is used where it is installed: name its Python in BLIP2_BENCH_PYTHON (default: python3). Without it, ours
 * alone is timed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu, hasUnits } from '../packages/core/src/runtime/cpu';
import { printJson, printTable } from '../packages/core/src/cli/output';
import { CASES, type Case, type PeerKind, type Variant } from './cases';
import { median } from './median';
import { Worker, type Timing } from './worker';

interface Figure {
  median: number;
  spread: [number, number];
  unit: 'ms';
  peakGigabytes: number;
}

export interface Row {
  case: string;
  precision: string;
  ours: Figure & { variant: string; compileSeconds?: number };
  peer: (Figure & { name: string; kind: PeerKind }) | null;
  /** The peer's median over ours: above 1 ours is faster. */
  ratio: number | null;
}

const here = import.meta.dirname;
const python = process.env.BLIP2_BENCH_PYTHON ?? 'python3';
const say = (message: string): void => console.error(message);

function torchVersion(): string | undefined {
  try {
    const print = ['-c', 'import torch; print(torch.__version__)'];
    return execFileSync(python, print, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const flags = (variant: string, threads: string, warmUp: number): string[] => [
  ...['--variant', variant],
  ...['--threads', threads],
  ...['--warm-up', String(warmUp)],
];

function ourWorker({ ours, config, warmUp }: Case, variant: string, threads: string): Worker {
  const script = join(here, 'ours', ours);
  const args = ['--import', 'tsx', script, join(here, 'peers', config), ...flags(variant, threads, warmUp)];
  return new Worker(`ours, ${variant}`, process.execPath, args);
}

function peerWorker({ peer, config, warmUp }: Case, variant: string, threads: string): Worker {
  const peers = join(here, 'peers');
  const args = [join(peers, peer), join(peers, config), ...flags(variant, threads, warmUp)];
  return new Worker(`PyTorch, ${variant}`, python, args);
}

/** Measures a case that loads folders: written beforehand, removed afterwards. */
async function withFolders<T>(models: readonly string[], body: () => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-bench-'));
  try {
    for (const name of models)
      execFileSync(process.execPath, ['--import', 'tsx', join(here, 'writeModel.ts'), name, join(dir, name)]);
    process.env.BLIP2_BENCH_MODELS = dir; // of the workers, too
    return await body();
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function figure(timings: Timing[]): Figure {
  const times = timings.flatMap(({ times: some }) => some);
  return {
    median: median(times),
    spread: [Math.min(...times), Math.max(...times)],
    unit: 'ms',
    peakGigabytes: Math.max(...timings.map(({ peakMemory }) => peakMemory)) / 1e9,
  };
}

async function measure(
  what: Case,
  variant: Variant,
  threads: string,
  torch: string | undefined,
): Promise<Row> {
  say(`${what.name}, ${variant.name}: warming up`);
  const ours = ourWorker(what, variant.name, threads);
  await ours.ready(); // one after the other: compilation is timed, too
  const peer = torch ? peerWorker(what, variant.peer, threads) : undefined;
  await peer?.ready();
  const timings: { ours: Timing[]; peer: Timing[] } = { ours: [], peer: [] };
  for (let round = 0; round < what.rounds; round++) {
    timings.ours.push(await ours.run(what.steps));
    if (peer) timings.peer.push(await peer.run(what.steps));
  }
  ours.stop();
  peer?.stop();
  const mine = figure(timings.ours);
  const theirs = peer ? figure(timings.peer) : undefined;
  const { compileSeconds } = timings.ours[0];
  return {
    case: what.name,
    precision: variant.precision,
    ours: { variant: variant.name, ...mine, compileSeconds },
    peer: theirs ? { name: `PyTorch ${torch} ${variant.peer}`, kind: what.kind, ...theirs } : null,
    ratio: theirs ? theirs.median / mine.median : null,
  };
}

function print(rows: Row[]): void {
  const text = ({ median: middle, spread: [low, high] }: Figure): string =>
    `${middle.toFixed(0)} (${low.toFixed(0)}–${high.toFixed(0)})`;
  printTable(
    rows.map(({ case: name, precision, ours, peer, ratio }) => ({
      case: name,
      ours: `${ours.variant}, ${precision}`,
      'ms (range)': text(ours),
      peer: peer?.name ?? '–',
      'peer ms (range)': peer ? text(peer) : '–',
      ratio: ratio?.toFixed(2) ?? '–',
      'compile s': ours.compileSeconds?.toFixed(1) ?? '–',
      'peak GB, ours / peer': `${ours.peakGigabytes.toFixed(1)} / ${peer?.peakGigabytes.toFixed(1) ?? '–'}`,
    })),
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      threads: { type: 'string', default: '2' },
      variants: { type: 'string' },
    },
  });
  const unknown = positionals.filter((name) => !CASES.some((known) => known.name === name));
  if (unknown.length > 0) {
    say(`error: no case ${unknown.join(', ')}; there are ${CASES.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  const cases = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const known = [...new Set(cases.flatMap(({ variants }) => variants.map(({ name }) => name)))];
  const chosen = values.variants?.split(',') ?? known;
  const noVariant = chosen.filter((name) => !known.includes(name));
  if (noVariant.length > 0) {
    say(`error: no variant ${noVariant.join(', ')} of these cases; there are ${known.join(', ')}`);
    process.exit(2);
  }
  const processor = cpu();
  const hasBf16 = hasUnits(processor, 'bfloat16');
  // A peer without bfloat16 units runs fp32.
  const meets = (variant: Variant): Variant =>
    variant.precision === 'bf16' && !hasBf16 ? { ...variant, peer: 'eager' } : variant;
  if (!hasBf16 && chosen.includes('bf16'))
    say(
      'This processor has no bfloat16 units: PyTorch emulates them 50 times slower, so bf16 meets its fp32.',
    );
  const torch = torchVersion();
  if (!torch)
    say(
      `No PyTorch in ${python}: ours alone. (pip install -r bench/peers/requirements.txt, BLIP2_BENCH_PYTHON)`,
    );

  const rows: Row[] = [];
  for (const what of cases) {
    await withFolders(what.models ?? [], async () => {
      for (const variant of what.variants.filter(({ name }) => chosen.includes(name)))
        rows.push(await measure(what, meets(variant), values.threads, torch));
    });
  }
  say(
    `${processor.model}, ${values.threads} threads; ${processor.features?.join(', ') ?? 'features unknown'}`,
  );
  if (values.json) printJson(rows);
  else print(rows);
}

void main();
