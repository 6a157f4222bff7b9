/**
 * Bicubic interpolation of a square grid of vectors, as torch.nn.functional.interpolate computes it (a = −0.75, no
 * antialiasing, values beyond the border repeat it). One small matrix, applied to rows and to columns: gradients flow
 * to the grid.
 * g old side, n new side, W width.
 */
import { tf, type Tensor } from '../runtime';

/** How places between those of the grid are counted. */
export interface ResizeOptions {
  /** True: the outermost vectors stay where they are. False: each vector is the middle of a cell. */
  alignCorners: boolean;
}

/** Vectors row by row: [g², W] → [n², W]. */
export function resizeGrid(vectors: Tensor, side: number, options: ResizeOptions): Tensor {
  const [count, width] = vectors.shape as [number, number];
  const old = Math.sqrt(count);
  const matrix = tf.tensor2d(bicubicMatrix(old, side, options)); // [n, g]
  const resizeRows = (grid: Tensor): Tensor => {
    const columns = grid.shape[1]!;
    return tf.matMul(matrix, grid.reshape([old, columns * width])).reshape([side, columns, width]);
  };
  const tall = resizeRows(vectors.reshape([old, old, width])); // [n, g, W]
  const square = resizeRows(tall.transpose([1, 0, 2])); // [n, n, W], columns first
  return square.transpose([1, 0, 2]).reshape([side * side, width]);
}

/** Row i: how much each of `from` values in a line counts in value i of `to`. */
export function bicubicMatrix(from: number, to: number, { alignCorners }: ResizeOptions): number[][] {
  const scale = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : from / to;
  return Array.from({ length: to }, (_, i) => {
    const at = alignCorners ? i * scale : (i + 0.5) * scale - 0.5;
    const row = new Array<number>(from).fill(0);
    for (let neighbour = -1; neighbour <= 2; neighbour++) {
      const place = Math.floor(at) + neighbour;
      row[Math.min(Math.max(place, 0), from - 1)] += cubic(at - place);
    }
    return row;
  });
}

/** Keys' cubic convolution kernel with a = −0.75. */
function cubic(distance: number): number {
  const [a, x] = [-0.75, Math.abs(distance)];
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}
