/** Where a small ViT starts from in telling its patches apart. P tokens (class token first), W width. */
import { Rng, tf, type ParameterStore } from '../../runtime';

/** Positions start as the sum of a row's and a column's vector, large enough not to drown in the pixels. */
const POSITION_STD = 0.6;

/** Sets a table of positions of P rows: the class token, then row and column of each patch. */
export function spreadPositions(parameters: ParameterStore, name: string, grid: number, seed: number): void {
  const shape = parameters.shape(name);
  const width = shape.at(-1)!;
  tf.tidy(() => {
    const rng = Rng.from(seed);
    const rows = rng.normal([grid, 1, width], POSITION_STD);
    const columns = rng.normal([1, grid, width], POSITION_STD);
    const patches = tf.add(rows, columns).reshape([grid * grid, width]);
    const table = tf.concat([rng.normal([1, width], POSITION_STD), patches], 0); // [P, W]
    parameters.assign(name, table.reshape(shape));
  });
}
