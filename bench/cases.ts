/** What is timed: our variants of a case, and the peers that each is compared with. */

/** What products are computed in. */
export type Precision = 'fp32' | 'bf16';

/** Code as the library's users run it (LAVIS's or transformers'), or the best honest PyTorch that we can write. */
export type PeerKind = 'shipped' | 'leanest';

/** One way to do the same work in PyTorch. */
export interface Peer {
  kind: PeerKind;
  variant: string;
  precision: Precision;
  /** Runs only where it is asked for by name. */
  isAsked?: boolean;
}

/** One way of ours. */
export interface Variant {
  name: string;
  precision: Precision;
  /** Runs only where it is asked for by name. */
  isAsked?: boolean;
  /** Where they are not the case's. */
  peers?: Peer[];
}

/** One piece of work. */
export interface Case {
  name: string;
  /** In bench/ours. */
  ours: string;
  /** In bench/peers. */
  peer: string;
  /** In bench/peers: the models of bench/models.ts that are loaded, and the work. */
  config: string;
  variants: Variant[];
  peers: Peer[];
  /** Of one turn. */
  steps: number;
  warmUp: number;
  /** Turns are taken until so many seconds are over: at least 3, at most 10. */
  seconds: number;
  /** Ours and one peer are alive at a time, not all of them: peers come one after the other, ours takes turns with each. */
  inPairs?: boolean;
}

const shipped: Peer = { kind: 'shipped', variant: 'shipped', precision: 'fp32' };
const lean = (variant: string, precision: Precision = 'fp32'): Peer => ({
  kind: 'leanest',
  variant,
  precision,
});
const PEERS = [shipped, lean('lean'), lean('compile')];
const HALF = [lean('bf16', 'bf16'), lean('compile-bf16', 'bf16')];
const COMPILED: Variant = { name: 'compiled', precision: 'fp32' };
const BF16: Variant = { name: 'bf16', precision: 'bf16' };

type Settings = Omit<Case, 'name' | 'ours' | 'peer' | 'config'>;
const USUAL: Settings = { variants: [COMPILED], peers: PEERS, steps: 1, warmUp: 1, seconds: 40 };

const TRAINING: Settings = {
  ...USUAL,
  variants: [
    { name: 'eager', precision: 'fp32', isAsked: true },
    COMPILED,
    { name: 'xla', precision: 'fp32', isAsked: true },
    BF16,
  ],
  peers: [...PEERS, ...HALF],
};

/** At the paper's size, where a step takes ten seconds and a process up to 9 GB, and what compiles takes minutes to begin. */
const LARGE: Settings = {
  ...TRAINING,
  peers: [shipped, lean('lean'), { ...lean('compile'), isAsked: true }, ...HALF],
  inPairs: true,
  seconds: 75,
};

/** Models that infer, their matrices stored in 16 bit too. */
const INFERENCE: Settings = { ...USUAL, variants: [COMPILED, BF16], peers: [...PEERS, ...HALF] };

const ENCODING: Settings = {
  ...INFERENCE,
  variants: [COMPILED, BF16, { name: 'half', precision: 'fp32', isAsked: true }],
};

/**
 * `normalised` hands on floats, as models are given them; `bytes` what decoders give. A loader goes on filling its stock when
 * its turn is over: turns are long, and there is one other beside ours.
 */
const LOADING: Settings = {
  ...USUAL,
  variants: [
    { name: 'normalised', precision: 'fp32' },
    { name: 'bytes', precision: 'fp32', isAsked: true, peers: [lean('bytes')] },
  ],
  peers: [shipped, lean('together'), lean('tensors')],
  inPairs: true,
  seconds: 30,
};

const FROM_NOTHING: Settings = { ...USUAL, peers: [shipped, lean('lean')] };
const CAPFILT: Settings = { ...USUAL, peers: [shipped] };

const work =
  (program: string, settings: Settings) =>
  (name: string, config = name): Case => ({
    ...settings,
    name,
    ours: `${program}.ts`,
    peer: `${program}.py`,
    config: `${config}.json`,
  });
const stage1 = work('stage1', LARGE);
const stage2 = work('stage2', { ...TRAINING, seconds: 90 });
const encode = work('encode', ENCODING);
const encodeLarge = work('encode', { ...ENCODING, inPairs: true });
const generate = work('generate', INFERENCE);

/** All of them, in the order in which they run. */
export const CASES: Case[] = [
  work('stage1', { ...TRAINING, steps: 20, warmUp: 5, seconds: 30 })('train-stage1-shapes', 'shapes'),
  stage1('train-stage1-vit-l', 'paper'),
  stage1('train-stage1-vit-g', 'paper-vit-g'),
  stage2('train-stage2-opt', 'stage2-opt'),
  stage2('train-stage2-t5', 'stage2-t5'),
  encode('encode-vit-l'),
  encodeLarge('encode-vit-g'),
  generate('generate-opt-greedy'),
  generate('generate-opt-beam5'),
  generate('generate-t5-greedy'),
  generate('generate-t5-beam5'),
  work('answer', USUAL)('answer-batch'),
  work('capfilt', CAPFILT)('capfilt'),
  work('rerank', { ...INFERENCE, peers: [...PEERS, lean('bf16', 'bf16')] })('rerank-itm'),
  work('loadData', LOADING)('load-data'),
  work('load', { ...FROM_NOTHING, steps: 3, seconds: 20 })('load-model', 'start-caption'),
  work('start', FROM_NOTHING)('start-caption'),
];
