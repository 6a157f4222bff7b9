/** What is timed: our variants of a case, and the peer's that each is compared with. */
export interface Variant {
  name: string;
  precision: 'fp32' | 'bf16';
  /** The peer's variant of the same precision. */
  peer: string;
}

export interface Case {
  name: string;
  /** In bench/peers. */
  config: string;
  /** Times that ours and the peer take turns, and the steps of each turn. */
  rounds: number;
  steps: number;
  warmUp: number;
}

export const VARIANTS: Variant[] = [
  { name: 'eager', precision: 'fp32', peer: 'eager' },
  { name: 'compiled', precision: 'fp32', peer: 'eager' },
  { name: 'xla', precision: 'fp32', peer: 'eager' },
  { name: 'bf16', precision: 'bf16', peer: 'bf16' },
];

export const CASES: Case[] = [
  { name: 'train-stage1-shapes', config: 'shapes.json', rounds: 5, steps: 20, warmUp: 5 },
  { name: 'train-stage1-vit-l', config: 'paper.json', rounds: 4, steps: 1, warmUp: 1 },
];
