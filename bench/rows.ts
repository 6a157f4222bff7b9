/** What is kept of one variant of a case beside its peers. */
import { isDeepStrictEqual } from 'node:util';
import type { Case, Peer, PeerKind, Precision, Variant } from './cases';
import { figureOf, overlap, type Figure } from './figures';
import { median } from './median';
import type { Peaks } from './peak';
import { configOf, type Sizes } from './processes';
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
  /** The same of what is their own. */
  ownMemoryRatio?: number;
}

/** A peer that did not run. */
export interface FailedPeer extends Peer {
  error: string;
}

/** The peers that ours is set beside: what users run, and the fastest PyTorch that there is, whoever wrote it. */
export type Beside = 'shipped' | 'fastest';

/** What was found of one variant of a case. */
export interface Row {
  case: string;
  /** What the case's file said. */
  config: Sizes;
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
  ratios: Record<Beside, number | null>;
  memoryRatios: Record<Beside, number | null>;
  ownMemoryRatios: Record<Beside, number | null>;
  /** The fastest: for scripts that want one number. */
  peer: (PeerFigure & { name: string }) | null;
  ratio: number | null;
}

const timesOf = (timings: readonly Timing[]) => timings.flatMap(({ times }) => times);

/** @param beside what ours took in the same turns */
export function peerFigure(peer: Peer, timings: Timing[], beside: readonly Timing[]): PeerFigure {
  const figure = figureOf(timings);
  const { peakGigabytes, ownGigabytes } = figureOf(beside);
  return {
    ...peer,
    ...figure,
    ratio: figure.median / median(timesOf(beside)),
    memoryRatio: peakGigabytes / figure.peakGigabytes,
    ...(ownGigabytes && figure.ownGigabytes && { ownMemoryRatio: ownGigabytes / figure.ownGigabytes }),
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
    config: configOf(what.config),
    precision: variant.precision,
    ours: { variant: variant.name, ...figure, compileSeconds, gigaflops, shareOfPeak },
    operations,
    ...others,
    ...comparison(others.peers, torch),
  };
}

/** Fast is what has a small ratio: medians of other turns may be of another hour. */
const fastest = (peers: readonly PeerFigure[]): PeerFigure | undefined =>
  [...peers].sort((a, b) => a.ratio - b.ratio).at(0);

/** Which they are. */
export const peersBeside = (peers: readonly PeerFigure[]): Record<Beside, PeerFigure | undefined> => ({
  shipped: fastest(peers.filter(({ kind }) => kind === 'shipped')),
  fastest: fastest(peers),
});

/** How many times as long as ours a peer takes; `≈` where their ranges overlap. */
export const ratioText = (peer: PeerFigure | undefined, ours: Figure): string =>
  peer ? `${overlap(peer, ours) ? '≈ ' : ''}${peer.ratio.toFixed(2)}` : '–';

function comparison(
  peers: readonly PeerFigure[],
  torch = '',
): Pick<Row, 'ratios' | 'memoryRatios' | 'ownMemoryRatios' | 'peer' | 'ratio'> {
  const { shipped, fastest: hardest } = peersBeside(peers);
  return {
    ratios: { shipped: shipped?.ratio ?? null, fastest: hardest?.ratio ?? null },
    memoryRatios: { shipped: shipped?.memoryRatio ?? null, fastest: hardest?.memoryRatio ?? null },
    ownMemoryRatios: { shipped: shipped?.ownMemoryRatio ?? null, fastest: hardest?.ownMemoryRatio ?? null },
    peer: hardest ? { name: `PyTorch ${torch} ${hardest.variant}`, ...hardest } : null,
    ratio: hardest?.ratio ?? null,
  };
}

/** What follows from its figures, found anew. */
export const comparedAnew = <T extends Row>(row: T, torch?: string): T => ({
  ...row,
  ...comparison(row.peers, torch),
});

/**
 * What was measured now, and what was found before, of the same work, of peers that did not run now: their ratios are to
 * ours of then.
 */
export function mergeRows(row: Row, found: Row | undefined, torch?: string): Row {
  const before = isDeepStrictEqual(found?.config, row.config) ? found : undefined;
  const isNow = (peer: Peer) => [...row.peers, ...row.failed].some(({ variant }) => variant === peer.variant);
  const peers = [...(before?.peers.filter((peer) => !isNow(peer)) ?? []), ...row.peers];
  const failed = [...(before?.failed.filter((peer) => !isNow(peer)) ?? []), ...row.failed];
  return { ...row, peers, failed, ...comparison(peers, torch) };
}
