/** What is kept of one variant of a case beside its peers. */
import type { Case, Peer, PeerKind, Precision, Variant } from './cases';
import { figureOf, type Figure } from './figures';
import { median } from './median';
import type { Peaks } from './peak';
import type { Timing } from './worker';

/** A peer beside ours. */
export interface PeerFigure extends Figure {
  kind: PeerKind;
  variant: string;
  precision: Precision;
  /** Its median over that of ours in the same turns: above 1 ours is faster. */
  ratio: number;
  /** Our peak memory over its own: below 1 ours takes less. */
  memoryRatio: number;
}

/** A peer that did not run. */
export interface FailedPeer extends Peer {
  error: string;
}

/** What was found of one variant of a case. */
export interface Row {
  case: string;
  precision: Precision;
  ours: Figure & {
    variant: string;
    compileSeconds?: number;
    /** 10⁹ operations per second, and the share of the machine's own of `Peaks`. */
    gigaflops?: number;
    shareOfPeak?: number;
  };
  /** Of a step: those that its result needs, the same for all sides. */
  operations?: number;
  peers: PeerFigure[];
  failed: FailedPeer[];
  /** To the shipped peer, and to the fastest of the leanest. */
  ratios: Record<PeerKind, number | null>;
  memoryRatios: Record<PeerKind, number | null>;
  /** The hardest of them, the fastest lean one: for scripts that want one number. */
  peer: (PeerFigure & { name: string }) | null;
  ratio: number | null;
}

const timesOf = (timings: readonly Timing[]) => timings.flatMap(({ times }) => times);

/** @param beside what ours took in the same turns */
export function peerFigure(peer: Peer, timings: Timing[], beside: readonly Timing[]): PeerFigure {
  const figure = figureOf(timings);
  const { peakGigabytes } = figureOf(beside);
  return {
    ...peer,
    ...figure,
    ratio: figure.median / median(timesOf(beside)),
    memoryRatio: peakGigabytes / figure.peakGigabytes,
  };
}

/** The row of what was measured. @param mine of ours, in all turns */
export function rowOf(
  what: Case,
  variant: Variant,
  mine: Timing[],
  others: Pick<Row, 'peers' | 'failed'>,
  { torch, peaks }: { torch?: string; peaks: Peaks },
): Row {
  const figure = figureOf(mine);
  const { compileSeconds, operations } = mine[0];
  const gigaflops = operations === undefined ? undefined : operations / figure.median / 1e6;
  const peak = peaks[variant.precision];
  const shareOfPeak = gigaflops !== undefined && peak ? gigaflops / peak : undefined;
  return {
    case: what.name,
    precision: variant.precision,
    ours: { variant: variant.name, ...figure, compileSeconds, gigaflops, shareOfPeak },
    operations,
    ...others,
    ...comparison(others.peers, torch),
  };
}

/** The peer of a kind that is hardest to beat. */
export const fastest = (kind: PeerKind, peers: readonly PeerFigure[]): PeerFigure | undefined =>
  peers
    .filter((peer) => peer.kind === kind)
    .sort((a, b) => a.ratio - b.ratio)
    .at(0);

function comparison(
  peers: readonly PeerFigure[],
  torch = '',
): Pick<Row, 'ratios' | 'memoryRatios' | 'peer' | 'ratio'> {
  const [shipped, leanest] = [fastest('shipped', peers), fastest('leanest', peers)];
  const hardest = leanest ?? shipped;
  return {
    ratios: { shipped: shipped?.ratio ?? null, leanest: leanest?.ratio ?? null },
    memoryRatios: { shipped: shipped?.memoryRatio ?? null, leanest: leanest?.memoryRatio ?? null },
    peer: hardest ? { name: `PyTorch ${torch} ${hardest.variant}`, ...hardest } : null,
    ratio: hardest?.ratio ?? null,
  };
}

/** What was measured now, and what was found before of peers that did not run now: their ratios are to ours of then. */
export function mergeRows(row: Row, before: Row | undefined, torch?: string): Row {
  const isNow = (peer: Peer) => [...row.peers, ...row.failed].some(({ variant }) => variant === peer.variant);
  const peers = [...(before?.peers.filter((peer) => !isNow(peer)) ?? []), ...row.peers];
  const failed = [...(before?.failed.filter((peer) => !isNow(peer)) ?? []), ...row.failed];
  return { ...row, peers, failed, ...comparison(peers, torch) };
}
