/** What is timed: our variants of a case, and the peer's that each is compared with. */
import type { MODELS } from './models';

export interface Variant {
  name: string;
  precision: 'fp32' | 'bf16';
  /** The peer's variant of the same precision. */
  peer: string;
}

/** The peer's code path: as the library's users run it, or the best honest PyTorch we can write. */
export type PeerKind = 'shipped' | 'leanest';

export interface Case {
  name: string;
  /** In bench/ours. */
  ours: string;
  /** In bench/peers. */
  peer: string;
  kind: PeerKind;
  /** In bench/peers. */
  config: string;
  /** Folders of them are written beforehand, into the one that BLIP2_BENCH_MODELS names to both. */
  models?: (keyof typeof MODELS)[];
  variants: Variant[];
  /** Times that ours and the peer take turns, and the steps of each turn. */
  rounds: number;
  steps: number;
  warmUp: number;
}

const TRAINING = {
  ours: 'stage1.ts',
  peer: 'stage1.py',
  kind: 'leanest',
  variants: [
    { name: 'eager', precision: 'fp32', peer: 'eager' },
    { name: 'compiled', precision: 'fp32', peer: 'eager' },
    { name: 'xla', precision: 'fp32', peer: 'eager' },
    { name: 'bf16', precision: 'bf16', peer: 'bf16' },
  ],
} satisfies Partial<Case>;

const STAGE2 = { ...TRAINING, ours: 'stage2.ts', peer: 'stage2.py', rounds: 4, steps: 1, warmUp: 1 };

const SHIPPED = {
  kind: 'shipped',
  variants: [{ name: 'compiled', precision: 'fp32', peer: 'shipped' }],
  rounds: 4,
  steps: 2,
  warmUp: 1,
} satisfies Partial<Case>;

const ENCODING = {
  ...SHIPPED,
  ours: 'encode.ts',
  peer: 'encode.py',
  variants: [...SHIPPED.variants, { name: 'half', precision: 'fp32', peer: 'shipped' }],
} satisfies Partial<Case>;

const GENERATION = { ...SHIPPED, ours: 'generate.ts', peer: 'generate.py' } satisfies Partial<Case>;

const generation = (name: string): Case => ({ ...GENERATION, name, config: `${name}.json` });
const encoding = (name: string): Case => ({ ...ENCODING, name, config: `${name}.json` });

const CAPFILT = {
  ...SHIPPED,
  ours: 'capfilt.ts',
  peer: 'capfilt.py',
  models: ['blip-base', 'clip-b'],
} satisfies Partial<Case>;

const LOADING = {
  kind: 'leanest',
  variants: [
    { name: 'bytes', precision: 'fp32', peer: 'bytes' },
    { name: 'normalised', precision: 'fp32', peer: 'normalised' },
  ],
  rounds: 3,
  steps: 3,
  warmUp: 1,
} satisfies Partial<Case>;

/** One image and its 128 candidates a step: 20 images. */
const RERANKING = {
  ours: 'rerank.ts',
  peer: 'rerank.py',
  config: 'rerank-itm.json',
  rounds: 10,
  steps: 2,
  warmUp: 1,
} satisfies Partial<Case>;
const against = (peer: string): Variant[] => [{ name: 'compiled', precision: 'fp32', peer }];

/** Of a folder that is written for the case. */
const ofFolder = { ...SHIPPED, models: ['blip2-opt-125m'] } satisfies Partial<Case>;

export const CASES: Case[] = [
  { ...TRAINING, name: 'train-stage1-shapes', config: 'shapes.json', rounds: 5, steps: 20, warmUp: 5 },
  { ...TRAINING, name: 'train-stage1-vit-l', config: 'paper.json', rounds: 4, steps: 1, warmUp: 1 },
  { ...TRAINING, name: 'train-stage1-vit-g', config: 'paper-vit-g.json', rounds: 4, steps: 1, warmUp: 1 },
  { ...STAGE2, name: 'train-stage2-opt', config: 'stage2-opt.json' },
  { ...STAGE2, name: 'train-stage2-t5', config: 'stage2-t5.json' },
  encoding('encode-vit-l'),
  encoding('encode-vit-g'),
  generation('generate-opt-greedy'),
  generation('generate-opt-beam5'),
  generation('generate-t5-greedy'),
  generation('generate-t5-beam5'),
  { ...ofFolder, name: 'answer-batch', ours: 'answer.ts', peer: 'answer.py', config: 'answer-batch.json' },
  { ...CAPFILT, name: 'capfilt', config: 'capfilt.json' },
  { ...RERANKING, name: 'rerank-itm', kind: 'shipped', variants: against('lavis') },
  { ...RERANKING, name: 'rerank-itm-lean', kind: 'leanest', variants: against('lean') },
  { ...LOADING, name: 'load-data', ours: 'loadData.ts', peer: 'loadData.py', config: 'load-data.json' },
  { ...ofFolder, name: 'load-model', ours: 'load.ts', peer: 'load.py', config: 'start-caption.json' },
  { ...ofFolder, name: 'start-caption', ours: 'start.ts', peer: 'start.py', config: 'start-caption.json' },
];
