/** Which captions CapFilt kept of which, as counts that add up: over pictures, shards, machines. */
import { rankedCaptions, type CaptionSource, type RankedRecord } from './captionsFile';

/** How often each value occurred, by the value. */
export type Histogram = Record<string, number>;

/** Captions of one kind. */
export interface CaptionCounts {
  captions: number;
  /** By CLIP's cosine with the picture in whole hundredths, rounded down. */
  scores: Histogram;
  /** By the number of words. */
  words: Histogram;
}

/** Captions that were ranked, by where they come from, and those of them that were kept. */
export interface CapFiltStatistics {
  ranked: Record<CaptionSource, CaptionCounts>;
  kept: Record<CaptionSource, CaptionCounts>;
}

/** Of some pictures. */
export function statisticsOf(records: readonly RankedRecord[]): CapFiltStatistics {
  const statistics = nothing();
  for (const { caption, score, source, kept } of records.flatMap(rankedCaptions)) {
    for (const counts of [statistics.ranked[source], ...(kept ? [statistics.kept[source]] : [])]) {
      counts.captions++;
      count(counts.scores, String(Math.floor(score * 100 + 1e-9)), 1);
      count(counts.words, String(caption.split(/\s+/).filter(Boolean).length), 1);
    }
  }
  return statistics;
}

/** Of all together. */
export function addStatistics(parts: readonly CapFiltStatistics[]): CapFiltStatistics {
  const { ranked, kept } = nothing();
  for (const part of parts) {
    for (const source of ['web', 'captioner'] as const) {
      ranked[source] = added([ranked[source], part.ranked[source]]);
      kept[source] = added([kept[source], part.kept[source]]);
    }
  }
  return { ranked, kept };
}

/** Captions of several kinds as one. */
export function added(kinds: readonly CaptionCounts[]): CaptionCounts {
  const sum = none();
  for (const { captions, scores, words } of kinds) {
    sum.captions += captions;
    for (const [value, times] of Object.entries(scores)) count(sum.scores, value, times);
    for (const [value, times] of Object.entries(words)) count(sum.words, value, times);
  }
  return sum;
}

const none = (): CaptionCounts => ({ captions: 0, scores: {}, words: {} });
const nothing = (): CapFiltStatistics => ({
  ranked: { web: none(), captioner: none() },
  kept: { web: none(), captioner: none() },
});

function count(histogram: Histogram, value: string, times: number): void {
  histogram[value] = (histogram[value] ?? 0) + times;
}
