/** Rows of token ids made equally long. B batch, T tokens. */

/** Row-major [B, T]; `mask` is 1 on tokens and 0 on padding. */
export interface EncodedBatch {
  ids: Int32Array;
  mask: Int32Array;
  shape: [number, number];
}

export interface PaddingOptions {
  /** T: no row is longer. */
  length: number;
  /** The id that rows are filled up with. */
  pad: number;
  /** Where it goes: right unless given; left for the prompts of decoder-only models. */
  side?: 'left' | 'right';
}

export function padRows(
  rows: readonly (readonly number[])[],
  { length, pad, side = 'right' }: PaddingOptions,
): EncodedBatch {
  const ids = new Int32Array(rows.length * length).fill(pad);
  const mask = new Int32Array(rows.length * length);
  rows.forEach((row, i) => {
    const start = i * length + (side === 'left' ? length - row.length : 0);
    ids.set(row, start);
    mask.fill(1, start, start + row.length);
  });
  return { ids, mask, shape: [rows.length, length] };
}
