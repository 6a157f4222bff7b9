/** Which rows of a batch a worker computes: `batchSize` is that of all workers together, each has an equal part of it. */
import { Blip2Error, type RowRange, type Share } from '../runtime';
import type { Batch } from '../data';

export type { Share };

/** The share of a single worker. */
export const ALONE: Share = { index: 0, count: 1 };

/** Rows of a batch that a worker computes. @throws Blip2Error if they are not equally many for all */
export function rowsOf(batchSize: number, { index, count }: Share): RowRange {
  if (batchSize % count === 0) {
    const rows = batchSize / count;
    return { first: index * rows, count: rows, total: batchSize };
  }
  throw new Blip2Error(`A batch of ${batchSize} cannot be divided among ${count} workers`, {
    hint: `batchSize is that of all workers together: take a multiple of ${count}.`,
    exitCode: 2,
  });
}

/** Of a batch the rows of a share, and where in the batch they begin. */
export function ownRows(batch: Batch, share: Share = ALONE): Batch & { first: number } {
  const { first, count } = rowsOf(batch.indices.length, share);
  const own = (rows: Int32Array) => rows.subarray(first, first + count);
  return { ...batch, indices: own(batch.indices), captions: own(batch.captions), first };
}
