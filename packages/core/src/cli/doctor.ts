/** `blip2 doctor`: what runs here, and what to do if something does not. */
import type { Command } from 'commander';
import { freemem, totalmem } from 'node:os';
import type { HalfMethod, HalfType, TensorFlowInfo } from '../runtime';
// Not by the folder's index: doctor runs where TensorFlow cannot be loaded, too.
// eslint-disable-next-line no-restricted-imports
import { cpu, type Cpu } from '../runtime/cpu';
import { Exit, printJson } from './output';

const NODE = [20, 19] as const;
const TENSORFLOW = [2, 16] as const;
/** What a stage-1 run on Shapes and its notebook need. */
const MEMORY_GIB = 4;

export interface Problem {
  problem: string;
  remedy: string;
}

export interface Diagnosis {
  ok: boolean;
  node: string;
  tensorflow: TensorFlowInfo | null;
  cpu: Cpu;
  memory: { totalGiB: number; freeGiB: number };
  /** Matrices in 16 bit; null where TensorFlow cannot be loaded. */
  precision: Record<HalfType, HalfPrecision> | null;
  problems: Problem[];
}

/** How matrices of a 16-bit type are multiplied here, and the largest error of a logit (see halfError). */
interface HalfPrecision {
  /** With up to `upTo` rows, and with more. */
  few: HalfMethod;
  many: HalfMethod;
  upTo: number;
  error: { rounded: number; computed: number };
}

/** Is a version such as "2.21.0" at least [major, minor]? */
export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor, ownMinor] = version.replace(/^v/, '').split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

const gibibytes = (bytes: number) => Math.round((bytes / 2 ** 30) * 10) / 10;

async function tensorFlow(problems: Problem[]): Promise<TensorFlowInfo | null> {
  try {
    const { tensorFlowInfo } = await import('../runtime');
    const info = tensorFlowInfo();
    if (!atLeast(info.version, TENSORFLOW)) {
      problems.push({
        problem: `TensorFlow ${info.version} is too old`,
        remedy: 'Build the binding anew: npx blip2 setup',
      });
    }
    if (!info.native)
      problems.push({ problem: 'TensorFlow runs without its native library', remedy: 'npx blip2 setup' });
    return info;
  } catch (error) {
    const { message, hint } = error as Error & { hint?: string };
    problems.push({ problem: message, remedy: hint ?? 'Build the binding: npx blip2 setup' });
    return null;
  }
}

async function halfPrecision(): Promise<Record<HalfType, HalfPrecision>> {
  const { halfMethods } = await import('../runtime');
  const { halfError } = await import('../inference');
  const of = (dtype: HalfType) => ({ ...halfMethods(dtype), error: halfError(dtype) });
  return { bfloat16: of('bfloat16'), float16: of('float16') };
}

export async function diagnose(): Promise<Diagnosis> {
  const problems: Problem[] = [];
  if (!atLeast(process.version, NODE)) {
    problems.push({
      problem: `Node ${process.version} is too old`,
      remedy: `Install Node ${NODE.join('.')} or newer.`,
    });
  }
  const memory = { totalGiB: gibibytes(totalmem()), freeGiB: gibibytes(freemem()) };
  if (memory.totalGiB < MEMORY_GIB) {
    problems.push({
      problem: `${memory.totalGiB} GiB of memory`,
      remedy: `Use a machine with ${MEMORY_GIB} GiB or more.`,
    });
  }
  const tensorflow = await tensorFlow(problems);
  return {
    ok: problems.length === 0,
    node: process.version,
    tensorflow,
    cpu: cpu(),
    memory,
    precision: tensorflow && (await halfPrecision()),
    problems,
  };
}

const METHODS: Record<HalfMethod, string> = {
  direct: 'read as it is',
  units: 'by units for it',
  widened: 'widened first',
};

function describe({ few, many, upTo, error }: HalfPrecision): string {
  const how =
    few === many ? METHODS[few] : `${METHODS[few]} for up to ${upTo} rows, ${METHODS[many]} for more`;
  const [rounded, computed] = [error.rounded, error.computed].map((value) => value.toExponential(0));
  return `${how}; logits off by ${computed}, by ${rounded} where float32 was rounded`;
}

function print({ node, tensorflow, cpu: processor, memory, precision, problems }: Diagnosis): void {
  const lines = [
    ['Node', node],
    [
      'TensorFlow',
      tensorflow ? `${tensorflow.version}, ${tensorflow.native ? 'native' : 'not native'}` : 'not loaded',
    ],
    ['Devices', tensorflow?.devices.join(', ') ?? '–'],
    ['Processor', `${processor.model}, ${processor.cores} cores`],
    ['Features', processor.features?.join(', ') ?? 'not known on this system'],
    ...Object.entries(precision ?? {}).map(([dtype, half]) => [dtype, describe(half)]),
    ['Memory', `${memory.totalGiB} GiB, ${memory.freeGiB} GiB free`],
  ];
  for (const [name, value] of lines) console.log(`${name.padEnd(11)} ${value}`);
  for (const { problem, remedy } of problems) console.log(`✗ ${problem}\n  → ${remedy}`);
  if (problems.length === 0) console.log('✓ Ready.');
}

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('what runs here: Node, TensorFlow, devices, processor, memory; what to do if not')
    .option('--json', 'print one JSON document')
    .action(async ({ json }: { json?: boolean }) => {
      const diagnosis = await diagnose();
      if (json) printJson(diagnosis);
      else print(diagnosis);
      if (!diagnosis.ok) throw new Exit(1);
    });
}
