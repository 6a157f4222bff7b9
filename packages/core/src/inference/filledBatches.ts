/** Many rows in batches of one size, so that one signature is compiled. */

export interface FilledBatch {
  /** As many numbers in each batch; after the real ones the first of them again. */
  rows: number[];
  /** How many are real. */
  real: number;
}

/** 0 … count−1 in batches of `size`, or of all if there are fewer. @param width another size for fewer than `size` */
export function* filledBatches(
  count: number,
  size: number,
  width = Math.min(size, count),
): Generator<FilledBatch> {
  for (let start = 0; start < count; start += width) {
    const real = Math.min(width, count - start);
    yield { rows: Array.from({ length: width }, (_, i) => (i < real ? start + i : start)), real };
  }
}
