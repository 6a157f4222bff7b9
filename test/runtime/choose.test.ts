/** The operations that a token is chosen with, eagerly and compiled, against plain arithmetic. */
import { describe, expect, it } from 'vitest';
import {
  addToColumns,
  compile,
  emptySlots,
  gatherColumns,
  logProbabilities,
  logSoftmax,
  putColumns,
  putSlot,
  Rng,
  tf,
  topK,
  type Tensor,
  type TensorTree,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { byTensorFlow } from '../support/byTensorFlow';

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
  "TensorFlow's own": <T extends TensorTree>(fn: (x: Tensor) => T) => byTensorFlow(() => fn(x)),
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

  it.each([
    [1, 1, 1],
    [4, 5003, 10],
    [2, 64, 64],
    [3, 300, 70],
  ])('topK of %i rows of %i: %i', (count, width, k) => {
    // Few different numbers: many are equal.
    const data = Rng.from(width).normal([count, width]).mul(20).round().dataSync();
    const { values, indices } = run(() => ({ ...topK(tf.tensor2d(data, [count, width]), k) }));
    for (let row = 0; row < count; row++) {
      const numbers = [...data.subarray(row * width, (row + 1) * width)];
      const order = numbers.map((_, i) => i).sort((a, b) => numbers[b] - numbers[a] || a - b);
      expect((indices.arraySync() as number[][])[row]).toEqual(order.slice(0, k));
      expect((values.arraySync() as number[][])[row]).toEqual(order.slice(0, k).map((i) => numbers[i]));
    }
  });

  it('topK of −∞ and of what is no number', () => {
    const least = new Array<number>(20).fill(-Infinity);
    const broken = [1, 13, 19].map((place) => least.map((_, i) => (i === place ? NaN : i)));
    const { values, indices } = run(() => ({ ...topK(tf.tensor2d([least, ...broken]), 3) }));
    expect((values.arraySync() as number[][])[0]).toEqual([-Infinity, -Infinity, -Infinity]);
    expect((indices.arraySync() as number[][])[0]).toEqual([0, 1, 2]);
    for (const row of [1, 2, 3]) expect((values.arraySync() as number[][])[row]).toEqual([NaN, NaN, NaN]);
    expect([...indices.dataSync()].every((place) => place >= 0 && place < 20)).toBe(true);
  });

  it('logSoftmax and logProbabilities, of rows that fill no registers', () => {
    const wide = Rng.from(7).normal([5, 1003]).mul(30);
    const exact = (wide.arraySync() as number[][]).map((row) => {
      const greatest = Math.max(...row);
      const sum = row.reduce((total, value) => total + Math.exp(value - greatest), 0);
      return row.map((value) => value - greatest - Math.log(sum));
    });
    const tolerance = { rtol: 1e-6, atol: 1e-5 };
    const all = run(() => logSoftmax(wide));
    expect(all).toBeAllclose({ shape: [5, 1003], data: exact.flat() }, tolerance);
    const columns = [0, 1002, 500, 7, 8];
    const some = run(() => logProbabilities(wide, tf.tensor1d(columns, 'int32')));
    expect(some).toBeAllclose({ shape: [5], data: columns.map((c, i) => exact[i][c]) }, tolerance);
    const broken = wide.add(tf.tensor1d([0, NaN, ...new Array<number>(1001).fill(0)]));
    expect(
      run(() => logSoftmax(broken))
        .dataSync()
        .every(Number.isNaN),
    ).toBe(true);
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

  it('putSlot writes a slot of its argument, and slots share memory with no others', () => {
    const [first, second] = run(() => [emptySlots([4, 2, 3]), emptySlots([4, 2, 3])] as const);
    expect(first).toBeAllclose(tf.zeros([4, 2, 3]), { rtol: 0, atol: 0 });
    const written = [1, 3].map((place) => {
      const slot = Rng.from(place).normal([2, 1, 3]);
      const put = () => putSlot(first, slot, tf.scalar(place, 'int32'));
      expect(run(put).dataSync()).toEqual(first.dataSync());
      return slot.reshape([1, 2, 3]);
    });
    const rest = tf.zeros([1, 2, 3]);
    expect(first).toBeAllclose(tf.concat([rest, written[0], rest, written[1]]), { rtol: 0, atol: 0 });
    expect(second).toBeAllclose(tf.zeros([4, 2, 3]), { rtol: 0, atol: 0 });
  });

  it('what a compiled function makes room for is its own at every call', () => {
    const make = compile(() => emptySlots([2, 3]));
    const [first, second] = [make(), make()];
    putSlot(first, tf.ones([3]), tf.scalar(1, 'int32'));
    for (const other of [second, make()]) expect(other).toBeAllclose(tf.zeros([2, 3]), { rtol: 0, atol: 0 });
    make.dispose();
  });
});
