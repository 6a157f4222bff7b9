/**
 * Who may attend to whom, as biases [B, 1, S, S] that are added to attention scores (BLIP-2 figure 2; the
 * matrices of LAVIS's blip2_qformer.py). A sequence is a row of segments, queries first.
 * B batch, Q queries, T text tokens, S rows of the whole sequence.
 */
import { tf, type Tensor } from '../runtime';

/** LAVIS's additive mask; exp of it is exactly 0 in float32. */
const MASKED = -10_000;

interface Segment {
  length: number;
  /** Indices of the segments that its rows see. */
  sees: number[];
  /** Its rows see only rows at or before them in their own segment. */
  causal?: boolean;
  /** 1 real, 0 padding [B, length]; padding is hidden from every row. */
  mask?: Tensor;
}

/** Queries see queries, text sees text: the two unimodal encoders of ITC in one sequence [Q; T]. */
export function uniModalMask(queries: number, textMask: Tensor): Tensor {
  const length = textMask.shape[1]!;
  return attentionBias([
    { length: queries, sees: [0] },
    { length, sees: [1], mask: textMask },
  ]);
}

/** Everything sees everything: ITM, sequence [Q; T]. */
export function bidirectionalMask(queries: number, textMask: Tensor): Tensor {
  const length = textMask.shape[1]!;
  return attentionBias([
    { length: queries, sees: [0, 1] },
    { length, sees: [0, 1], mask: textMask },
  ]);
}

/** Queries see queries; text sees the queries and the text up to itself: ITG, sequence [Q; T]. */
export function multimodalCausalMask(queries: number, textMask: Tensor): Tensor {
  const length = textMask.shape[1]!;
  return attentionBias([
    { length: queries, sees: [0] },
    { length, sees: [0, 1], causal: true, mask: textMask },
  ]);
}

/**
 * ITC and ITG in one sequence [Q; T; T]: the queries once, then the text as ITC's encoder reads it, then the text
 * as ITG's decoder does. Neither text sees the other, and no query sees a text, so each part is what its own
 * pass would give.
 */
export function contrastiveAndCausalMask(queries: number, textMask: Tensor): Tensor {
  const length = textMask.shape[1]!;
  return attentionBias([
    { length: queries, sees: [0] },
    { length, sees: [1], mask: textMask },
    { length, sees: [0, 2], causal: true, mask: textMask },
  ]);
}

/** Text that follows cached queries (see `KeyValues`): rows [T], columns [Q; T] of `multimodalCausalMask`. */
export function continuationMask(queries: number, textMask: Tensor): Tensor {
  const length = textMask.shape[1]!;
  return multimodalCausalMask(queries, textMask).slice([0, 0, queries, 0], [-1, -1, length, -1]);
}

/** Each token sees itself and those before it: [1, 1, T, T] (CLIP's texts, whose padding comes last). */
export function causalMask(length: number): Tensor {
  const visible = visibility([{ length, sees: [0], causal: true }]);
  return tf.mul(tf.sub(1, visible), MASKED).reshape([1, 1, length, length]);
}

function attentionBias(segments: Segment[]): Tensor {
  const batch = segments.find(({ mask }) => mask)!.mask!.shape[0];
  const columns = segments.map(({ length, mask }) => mask?.toFloat() ?? tf.ones([batch, length]));
  const real = tf.concat(columns, 1).reshape([batch, 1, 1, -1]); // [B, 1, 1, S]
  return tf.mul(tf.sub(1, real.mul(visibility(segments))), MASKED); // [B, 1, S, S]
}

/** The part that does not depend on the batch: 1 where a row may see a column [S, S]. */
function visibility(segments: Segment[]): Tensor {
  const rows = segments.flatMap(({ length }, segment) =>
    Array.from({ length }, (_, place) => ({ segment, place })),
  );
  const matrix = rows.map((row) =>
    rows.map((column) => {
      const { sees, causal } = segments[row.segment];
      const isPast = !causal || row.segment !== column.segment || column.place <= row.place;
      return Number(sees.includes(column.segment) && isPast);
    }),
  );
  return tf.tensor2d(matrix);
}
