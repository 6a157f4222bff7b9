/** The operations that a token is chosen with, eagerly and compiled, against plain arithmetic. */
import { describe, expect, it } from 'vitest';
import {
  addToColumns,
  compile,
  gatherColumns,
  logSoftmax,
  putColumns,
  putSlice,
  Rng,
  tf,
  topK,
  type Tensor,
  type TensorTree,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';

const [ROWS, COLUMNS] = [3, 11];
const x = Rng.from(1).normal([ROWS, COLUMNS]);
const rows = x.arraySync() as number[][];
const ids = [
  [4, 0, 10],
  [10, 10, 3],
  [0, 1, 0],
];
const idTensor = tf.tensor2d(ids, undefined, 'int32');

const modes = {
  eager: <T extends TensorTree>(fn: (x: Tensor) => T) => fn(x),
  compiled: <T extends TensorTree>(fn: (x: Tensor) => T) => compile(fn)(x),
};

describe.each(Object.keys(modes) as (keyof typeof modes)[])('%s', (mode) => {
  const run = modes[mode];

  it('topK: the largest first, the lower index of equal ones', () => {
    const { values, indices } = run((x) => ({ ...topK(x, 4) }));
    rows.forEach((row, i) => {
      const order = row.map((_, j) => j).sort((a, b) => row[b] - row[a]);
      expect((indices.arraySync() as number[][])[i]).toEqual(order.slice(0, 4));
      expect((values.arraySync() as number[][])[i]).toEqual(order.slice(0, 4).map((j) => row[j]));
    });
    const ties = run(() => ({ ...topK(tf.tensor2d([[1, 2, 2, 0, 2]]), 3) }));
    expect(ties.indices.arraySync()).toEqual([[1, 2, 4]]);
    expect(ties.indices.dtype).toBe('int32');
  });

  it('logSoftmax', () => {
    const expected = rows.flatMap((row) => {
      const sum = row.reduce((total, value) => total + Math.exp(value), 0);
      return row.map((value) => value - Math.log(sum));
    });
    expect(run((x) => logSoftmax(x))).toBeAllclose({ shape: [ROWS, COLUMNS], data: expected });
  });

  it('gatherColumns', () => {
    const expected = ids.flatMap((row, i) => row.map((id) => rows[i][id]));
    expect(run((x) => gatherColumns(x, idTensor))).toBeAllclose(
      { shape: [3, 3], data: expected },
      { rtol: 0 },
    );
  });

  it('putColumns and addToColumns change the named places alone', () => {
    const values = tf.tensor2d([
      [1, 2, 3],
      [4, 4, 5],
      [6, 7, 6],
    ]);
    const put = rows.map((row) => row.slice());
    const added = rows.map((row) => row.slice());
    ids.forEach((row, i) =>
      row.forEach((id, j) => {
        put[i][id] = values.arraySync()[i][j];
        added[i][id] = Math.fround(added[i][id] + values.arraySync()[i][j]);
      }),
    );
    const shape = [ROWS, COLUMNS];
    expect(run((x) => putColumns(x, idTensor, values))).toBeAllclose({ shape, data: put.flat() });
    expect(run((x) => addToColumns(x, idTensor, values))).toBeAllclose({ shape, data: added.flat() });
  });

  it('addToColumns bans: −∞ once or twice is −∞, 0 is nothing', () => {
    const ban = tf.tensor2d([[-Infinity, 0, 0], [-Infinity, -Infinity, 0], [0, 0, 0]]); // prettier-ignore
    const result = run((x) => addToColumns(x, idTensor, ban)).arraySync() as number[][];
    const gone = result.flatMap((row, i) => row.flatMap((value, j) => (value === -Infinity ? [[i, j]] : [])));
    expect(gone).toEqual([[0, 4], [1, 10]]); // prettier-ignore
    expect(result.flat().filter(Number.isFinite)).toHaveLength(ROWS * COLUMNS - 2);
  });

  it('putSlice leaves what someone else holds as it was, and refuses what does not fit', () => {
    const whole = Rng.from(2).normal([3, 40, 500]);
    const before = whole.dataSync().slice();
    const put = (slice: Tensor, position: number) => putSlice(whole, slice, 1, tf.scalar(position, 'int32'));
    run(() => put(tf.zeros([3, 1, 500]), 39)).dispose();
    expect(whole.dataSync()).toEqual(before);
    expect(() => put(tf.zeros([3, 1, 499]), 0).dataSync()).toThrow();
    for (const position of [-1, 40].filter(() => backend.binding.hasKernels)) {
      expect(() => put(tf.zeros([3, 1, 500]), position)).toThrow(/no such place/);
    }
  });

  it.each([0, 1, 2])('putSlice along axis %i', (axis) => {
    const shape = [2, 4, 3];
    const whole = Rng.from(2).normal(shape);
    const slice = Rng.from(3).normal(shape.map((size, i) => (i === axis ? 1 : size)));
    const position = shape[axis] - 2;
    const result = run(() => putSlice(whole, slice, axis, tf.scalar(position, 'int32')));
    const parts = tf.split(whole, shape[axis], axis);
    parts[position] = slice;
    expect(result).toBeAllclose(tf.concat(parts, axis), { rtol: 0, atol: 0 });
  });
});
