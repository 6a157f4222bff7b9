/** Cost as work grows: one size of a piece of work takes several values; ours, then a peer, are timed at each. */
import type { Setting } from './measure';
import { figureOf, type Figure } from './figures';
import { configOf, ourWorker, peerWorker, withModels, type Program, type Sizes } from './processes';
import type { Timing, Worker } from './worker';

/** What grows. */
export interface Curve {
  name: string;
  /** What is counted along the axis. */
  axis: string;
  /** What a step does. */
  work: string;
  /** In bench/ours and bench/peers. */
  program: string;
  /** Of ours, and of the peer. */
  variants: [ours: string, peer: string];
  /** In bench/peers. */
  config: string;
  values: number[];
  /** The sizes of a point; threads where they are what grows. */
  at: (sizes: Sizes, value: number) => { sizes: Sizes; threads?: number };
}

/** One point of a curve. */
export interface Point {
  x: number;
  ours: Figure;
  /** Null where there is no PyTorch, or it failed. */
  peer: Figure | null;
}

/** What was found. */
export interface CurveResult {
  name: string;
  axis: string;
  work: string;
  peer: string;
  /** What its file said, before a value was put in. */
  config: Sizes;
  points: Point[];
}

const key = (name: string) => (sizes: Sizes, value: number) => ({ sizes: { ...sizes, [name]: value } });

/** A stage-1 step of a third of the paper's width and half its depth, 8 pictures of 257 patches, unless that is what grows. */
const TRAINING = {
  program: 'stage1',
  variants: ['compiled', 'lean'],
  config: 'curves-stage1.json',
} satisfies Partial<Curve>;
const STEP = 'a stage-1 training step, six blocks of width 256';

/** All of them, in the order in which they run. */
export const CURVES: Curve[] = [
  {
    ...{ ...TRAINING, name: 'batch', axis: 'pictures in a batch', work: STEP },
    ...{ values: [2, 4, 8, 16, 32], at: key('batch') },
  },
  {
    ...{ ...TRAINING, name: 'text', axis: 'tokens of a text', work: STEP },
    ...{ values: [16, 32, 64, 128, 256], at: key('tokens') },
  },
  {
    ...{ ...TRAINING, name: 'queries', axis: 'queries', work: STEP },
    ...{ values: [8, 16, 32, 64, 128], at: key('queries') },
  },
  {
    ...{
      name: 'patches',
      axis: 'patches of a picture',
      work: 'a picture through a ViT of 12 blocks of width 768',
    },
    ...{ program: 'encode', variants: ['compiled', 'lean'], config: 'curves-encode.json' },
    values: [64, 144, 256, 576, 1024],
    at: (sizes, value) => ({ sizes: { ...sizes, model: `vit-b-${14 * Math.sqrt(value)}` } }),
  },
  {
    ...{ name: 'beams', axis: 'beams', work: "16 tokens after each of 2 prompts, OPT-125m's shape" },
    ...{ program: 'generate', variants: ['compiled', 'lean'], config: 'generate-opt-greedy.json' },
    values: [1, 2, 4, 8, 16],
    at: (sizes, beams) => ({ sizes: { ...sizes, batch: 2, newTokens: 16, beams } }),
  },
  {
    ...{ name: 'workers', axis: 'workers', work: '1,280 crops of 224 pixels from shards of JPEGs' },
    ...{ program: 'loadData', variants: ['normalised', 'shipped'], config: 'load-data.json' },
    values: [1, 2, 3, 4],
    at: (sizes, threads) => ({ sizes, threads }),
  },
];

const SECONDS = 3;
const MOST_STEPS = 20;

export async function measureCurve(curve: Curve, { threads, torch, say }: Setting): Promise<CurveResult> {
  const { name, axis, work, variants } = curve;
  const config = configOf(curve.config);
  const points: Point[] = [];
  for (const x of curve.values) {
    const { sizes, threads: own } = curve.at(config, x);
    const settings = { config: JSON.stringify(sizes), threads: String(own ?? threads), warmUp: 1 };
    const program = (i: 0 | 1, ending: string): Program => ({
      ...{ ...settings, file: `${curve.program}.${ending}`, variant: variants[i] },
    });
    const point = await withModels(sizes, async (): Promise<Point> => {
      const ours = await timed(ourWorker(program(0, 'ts')));
      let peer: Figure | null = null;
      if (torch)
        peer = await timed(peerWorker(program(1, 'py'))).catch((error: Error) => (say(error.message), null));
      return { x, ours, peer };
    });
    points.push(point);
    say(
      `  ${axis} ${x}: ${point.ours.median.toFixed(0)} ms, PyTorch ${point.peer?.median.toFixed(0) ?? '–'} ms`,
    );
  }
  return { name, axis, work, peer: `PyTorch ${torch} ${variants[1]}`, config, points };
}

/** One side at one point: steps for some seconds, at least two. */
async function timed(worker: Worker): Promise<Figure> {
  try {
    await worker.ready();
    const timings: Timing[] = [await worker.run(1)];
    const steps = Math.round((SECONDS * 1000) / timings[0].times[0]);
    timings.push(await worker.run(Math.min(MOST_STEPS, Math.max(1, steps))));
    return figureOf(timings);
  } finally {
    await worker.stop();
  }
}
