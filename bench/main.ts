/**
 * Our hot paths beside PyTorch's on this machine: all processes of a case are alive at once and take turns, so that
 * whatever else the machine does falls on all.
 *
 *   npm run bench -- [case...] [--variants compiled,xla] [--peers shipped,lean,compile] [--threads 2] [--json] [--out DIR]
 *   npm run bench -- curves [batch|text|queries|patches|beams|workers] [--threads 2] [--json] [--out DIR]
 *
 * PyTorch is used where it is installed: name its Python in BLIP2_BENCH_PYTHON (default: python3). Without it, ours
 * alone is timed. With --out, results.json and index.html are written there after each case; what the same machine left
 * there of other cases and peers stays.
 */
import { parseArgs } from 'node:util';
import { printJson, printTable } from '../packages/core/src/cli/output';
import { cpu, hasUnits } from '../packages/core/src/runtime/cpu';
import { CASES, type Peer, type Precision, type Variant } from './cases';
import { CURVES, measureCurve, type CurveResult } from './curves';
import { figureText } from './figures';
import { measure, type Setting } from './measure';
import { peersBeside, ratioText, type Row } from './rows';
import { measurePeaks } from './peak';
import { configOf, PYTHON, pythonVersions, withModels } from './processes';
import { Collector, machineOf } from './results';

const say = (message: string): void => console.error(message);

function usage(message: string): never {
  say(`error: ${message}`);
  process.exit(2);
}

/** That there are such variants or peers. */
function checkNames(names: readonly string[] = [], known: readonly string[], what: string): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    usage(`no ${what} ${unknown.join(', ')} of these cases; there are ${[...new Set(known)].join(', ')}`);
}

/** Those that are named, all without a name. */
function chosen<T extends { name: string }>(all: readonly T[], names: readonly string[], what: string): T[] {
  const unknown = names.filter((name) => !all.some((known) => known.name === name));
  if (unknown.length > 0)
    usage(`no ${what} ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}

function printRows(rows: readonly Row[]): void {
  const times = (value: number | null) => value?.toFixed(2) ?? '–';
  printTable(
    rows.map(({ case: name, precision, ours, peers, memoryRatios, ownMemoryRatios }) => {
      const { shipped, fastest } = peersBeside(peers);
      return {
        case: name,
        ours: `${ours.variant}, ${precision}`,
        'ms (range)': figureText(ours),
        'shipped ms': shipped ? figureText(shipped) : '–',
        'fastest ms': fastest ? `${figureText(fastest)}, ${fastest.variant}` : '–',
        'x shipped': ratioText(shipped, ours),
        'x fastest': ratioText(fastest, ours),
        'compile s': ours.compileSeconds?.toFixed(1) ?? '–',
        'own GB': ours.ownGigabytes?.toFixed(1) ?? '–',
        'of shipped': times(ownMemoryRatios.shipped),
        'GB in all': ours.peakGigabytes.toFixed(1),
        'of shipped in all': times(memoryRatios.shipped),
        GFLOPS: ours.gigaflops?.toFixed(0) ?? '–',
        'of peak': ours.shareOfPeak ? `${(100 * ours.shareOfPeak).toFixed(0)}%` : '–',
      };
    }),
  );
}

function printCurves(curves: readonly CurveResult[]): void {
  const rows = curves.flatMap(({ name, points }) =>
    points.map(({ x, ours, peer }) => ({
      curve: name,
      at: String(x),
      'ms (range)': figureText(ours),
      'PyTorch ms': peer ? figureText(peer) : '–',
      'ms each': (ours.median / x).toFixed(2),
      GB: ours.peakGigabytes.toFixed(1),
    })),
  );
  printTable(rows);
}

interface Asked {
  names: readonly string[];
  variants?: readonly string[];
  peers?: readonly string[];
}

/** Before anything is started. */
function checkAsked(asked: Asked): void {
  const cases = chosen(CASES, asked.names, 'case');
  const variants = cases.flatMap((one) => one.variants);
  checkNames(
    asked.variants,
    variants.map(({ name }) => name),
    'variant',
  );
  const peerNames = [...cases, ...variants].flatMap(({ peers = [] }) => peers.map(({ variant }) => variant));
  checkNames(asked.peers, peerNames, 'peer');
}

async function runCases(
  asked: Asked,
  precisions: readonly Precision[],
  setting: Setting,
  collector: Collector,
): Promise<void> {
  const cases = chosen(CASES, asked.names, 'case');
  const isChosen = ({ name, precision, isAsked }: Variant) =>
    asked.variants?.includes(name) ?? (!isAsked && precisions.includes(precision));
  for (const what of cases.filter(({ variants }) => variants.some(isChosen))) {
    await withModels(configOf(what.config), async () => {
      for (const variant of what.variants.filter(isChosen)) {
        // Ours in bfloat16 meets the fastest, of either precision; PyTorch emulates bfloat16 where there are no units.
        const meets = ({ variant: name, precision, isAsked }: Peer) =>
          (asked.peers?.includes(name) ?? (!isAsked && precisions.includes(precision))) &&
          (variant.precision === 'bf16' || precision === 'fp32');
        const peers = setting.torch ? (variant.peers ?? what.peers).filter(meets) : [];
        say(`${what.name}, ${variant.name}`);
        try {
          collector.addRow(await measure(what, variant, peers, setting));
        } catch (error) {
          say(`  failed: ${(error as Error).message}`);
          process.exitCode = 1;
        }
      }
    });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      peers: { type: 'string' },
      threads: { type: 'string', default: '2' },
      variants: { type: 'string' },
    },
  });
  const { threads, json, out } = values;
  const isCurves = positionals[0] === 'curves';
  const names = isCurves ? positionals.slice(1) : positionals;
  const asked: Asked = { names, variants: values.variants?.split(','), peers: values.peers?.split(',') };
  if (isCurves) chosen(CURVES, names, 'curve');
  else checkAsked(asked);
  const processor = cpu();
  const precisions: Precision[] = hasUnits(processor, 'bfloat16') ? ['fp32', 'bf16'] : ['fp32'];
  const versions = pythonVersions();
  const torch = versions?.torch;
  if (!torch)
    say(
      `No PyTorch in ${PYTHON}: ours alone. (pip install -r bench/peers/requirements.txt, BLIP2_BENCH_PYTHON)`,
    );
  const peaks = isCurves ? {} : await measurePeaks(precisions, threads, torch !== undefined);
  const collector = new Collector(machineOf(Number(threads), processor.cores, versions), peaks, out);
  const setting: Setting = { threads, torch, peaks, say };
  if (isCurves) {
    for (const curve of chosen(CURVES, names, 'curve')) {
      say(curve.name);
      await measureCurve(curve, setting).then(
        (result) => collector.addCurve(result),
        (error: Error) => {
          say(`  failed: ${error.message}`);
          process.exitCode = 1;
        },
      );
    }
  } else await runCases(asked, precisions, setting, collector);

  const { rows, curves } = collector.results;
  const peak = Object.entries(peaks).map(
    ([precision, rate]) => `${precision} ${rate.toFixed(0)} GFLOPS at most`,
  );
  say(
    [
      processor.model,
      `${threads} threads`,
      processor.features?.join(', ') ?? 'features unknown',
      ...peak,
    ].join('; '),
  );
  if (json) printJson(isCurves ? curves : rows);
  else if (isCurves) printCurves(curves);
  else printRows(rows);
}

void main();
