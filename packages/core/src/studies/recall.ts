/** Retrieval as studies measure it: recall by ITC and re-ranked by ITM, by the standard protocol and by truth. */
import type { ImageTextSplit } from '../data';
import { evaluateRetrieval, type RetrievalModel, type RetrievalRow } from '../evaluate';
import { SHAPES_CANDIDATES } from '../recipes';
import { mean } from './statistics';
import type { Measurement } from './study';

export type Ranking = 'ITC' | 'ITM';

/** One recall, in percent. */
export interface RecallValue {
  ranking: Ranking;
  /** `R@1 image→text`, `R@1, mean of both ways`. */
  what: string;
  /** A text counts as found with every picture that it is true of. */
  byTruth: boolean;
  value: number;
}

/** What recall over both directions is called. */
export const BOTH_WAYS = 'R@1, mean of both ways';

/** The metric's name where the ranking is part of it: `R@1 image→text, re-ranked, by truth`. */
export function recallMetric({
  what,
  ranking,
  byTruth = false,
}: Omit<RecallValue, 'value' | 'byTruth'> & { byTruth?: boolean }): string {
  return truthMetric({ what: `${what}, ${ranking === 'ITC' ? 'ITC' : 're-ranked'}`, byTruth });
}

/** The metric's name where it is not. */
export const truthMetric = ({ what, byTruth }: Pick<RecallValue, 'what' | 'byTruth'>): string =>
  byTruth ? `${what}, by truth` : what;

/** Each recall of a model over a split. */
export async function recalls(model: RetrievalModel, split: ImageTextSplit): Promise<RecallValue[]> {
  const { rows, truthRows = [] } = await evaluateRetrieval(model, split, {
    k: SHAPES_CANDIDATES,
    byTruth: true,
  });
  return [...valuesOf(rows, false), ...valuesOf(truthRows, true)];
}

/** As measurements of one arm. */
export async function recallMeasurements(
  arm: string,
  model: RetrievalModel,
  split: ImageTextSplit,
): Promise<Measurement[]> {
  const values = await recalls(model, split);
  return values.map((one) => ({ arm, metric: recallMetric(one), value: one.value }));
}

/** What both directions together reach at first place. */
export const bothWays = (rows: readonly RetrievalRow[], ranking: Ranking): number =>
  mean(rows.filter(({ scores }) => scores === ranking).map(({ r1 }) => r1));

/** A row's recall among so many of the best, with its name. */
export function recallAt(row: RetrievalRow, rank: 1 | 5 | 10): Pick<RecallValue, 'what' | 'value'> {
  return { what: `R@${rank} ${row.direction}`, value: row[`r${rank}`] };
}

function valuesOf(rows: readonly RetrievalRow[], byTruth: boolean): RecallValue[] {
  const each = rows.flatMap((row) =>
    ([1, 5] as const).map((rank) => ({ ranking: row.scores, byTruth, ...recallAt(row, rank) })),
  );
  const both = (['ITC', 'ITM'] as const).map((ranking) => ({
    ranking,
    what: BOTH_WAYS,
    byTruth,
    value: bothWays(rows, ranking),
  }));
  return [...both, ...each];
}
