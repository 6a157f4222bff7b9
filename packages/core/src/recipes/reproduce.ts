/** The experiment of stage 1 from beginning to end: train with several seeds, evaluate each on the test split. */
import type { FrozenVisionTower, ImageTextDataset } from '../data';
import { evaluateRetrieval, type RetrievalRow } from '../evaluate';
import { train, type TrainOptions } from '../train';
import { shapesStage1 } from './shapes';
import { stage1 } from './stage1';
import type { Stage1Model } from './stage1Model';

export interface Stage1Reproduction {
  /** One object per seed, ranking (ITC, ITM) and direction. */
  rows: ({ seed: number; run: string } & RetrievalRow)[];
  /** Means over seeds. */
  mean: RetrievalRow[];
  /** Stopped by Ctrl-C: some seeds are missing. */
  interrupted: boolean;
}

/** Candidates that are re-ranked; 32 of the few hundred captions of Shapes. */
export const SHAPES_CANDIDATES = 32;

/** Trains and evaluates; finished runs in the default folders are taken as they are. */
export async function reproduceStage1(
  data: ImageTextDataset,
  seeds: readonly number[],
  {
    tower,
    onRun,
    ...options
  }: TrainOptions<Stage1Model> & { tower?: FrozenVisionTower; onRun?: (seed: number) => void } = {},
): Promise<Stage1Reproduction> {
  const rows: Stage1Reproduction['rows'] = [];
  let interrupted = false;
  for (const seed of seeds) {
    onRun?.(seed);
    const run = await train(stage1({ ...shapesStage1, data, tower }), { ...options, seed });
    interrupted = run.interrupted;
    if (interrupted) break;
    const recall = await evaluateRetrieval(run.model, data.test, { k: SHAPES_CANDIDATES });
    rows.push(...recall.rows.map((row) => ({ seed, run: run.dir, ...row })));
  }
  return { rows, mean: meanRows(rows), interrupted };
}

function meanRows(rows: RetrievalRow[]): RetrievalRow[] {
  const groups = new Map<string, RetrievalRow[]>();
  for (const row of rows) {
    const key = `${row.scores} ${row.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((group) => {
    const mean = (name: 'r1' | 'r5' | 'r10') => group.reduce((sum, row) => sum + row[name], 0) / group.length;
    const { direction, scores } = group[0];
    return { direction, scores, r1: mean('r1'), r5: mean('r5'), r10: mean('r10') };
  });
}
