/** What is timed: our variants of a case, and the peer's that each is compared with. */

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

const GENERATION = {
  ours: 'generate.ts',
  peer: 'generate.py',
  kind: 'shipped',
  variants: [{ name: 'compiled', precision: 'fp32', peer: 'shipped' }],
  rounds: 4,
  steps: 2,
  warmUp: 1,
} satisfies Partial<Case>;

const generation = (name: string): Case => ({ ...GENERATION, name, config: `${name}.json` });

export const CASES: Case[] = [
  { ...TRAINING, name: 'train-stage1-shapes', config: 'shapes.json', rounds: 5, steps: 20, warmUp: 5 },
  { ...TRAINING, name: 'train-stage1-vit-l', config: 'paper.json', rounds: 4, steps: 1, warmUp: 1 },
  { ...STAGE2, name: 'train-stage2-opt', config: 'stage2-opt.json' },
  { ...STAGE2, name: 'train-stage2-t5', config: 'stage2-t5.json' },
  generation('generate-opt-greedy'),
  generation('generate-opt-beam5'),
  generation('generate-t5-greedy'),
  generation('generate-t5-beam5'),
];
