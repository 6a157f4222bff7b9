/** Products by operations of our own: what TensorFlow's say, in every form, and the same of a row whatever is beside it. */
import { describe, expect, it } from 'vitest';
import {
  compile,
  HalfTensor,
  Rng,
  tf,
  withFewRows,
  withPrecision,
  type Tensor,
} from '../../packages/core/src/runtime';
import { attribute } from '../../packages/core/src/runtime/binding';
import { batchProduct, matrixProduct } from '../../packages/core/src/runtime/ops/linear';
import { execute, typeAttribute } from '../../packages/core/src/runtime/execute';
import { halfMethod, ownProduct, type Transposes } from '../../packages/core/src/runtime/products';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';

const rng = Rng.from(5);
const FORMS: Transposes[] = [{}, { b: true }, { a: true }];
const operands = (rows: number, columns: number, depth: number, { a, b }: Transposes) =>
  [
    rng.normal(a ? [depth, rows] : [rows, depth]),
    rng.normal(b ? [columns, depth] : [depth, columns]),
  ] as const;
/** Sides that no tile divides, more columns of a than are multiplied at a time, more rows than are held at a time. */
const SIZES: [rows: number, columns: number, depth: number][] = [
  [48, 1, 1],
  [49, 17, 3],
  [53, 16, 8],
  [96, 33, 100],
  [127, 31, 1023],
  [60, 40, 1025],
  [64, 100, 2500],
  [2100, 20, 70],
  [130, 450, 300],
  [40, 1200, 40],
];
const largest = (x: Tensor): number => Number(tf.max(tf.abs(x)).dataSync()[0]);

const nameOf = ({ a, b }: Transposes): string => `Blip2MatMul${a ? 'TransposedA' : b ? 'TransposedB' : ''}`;

describe.each(FORMS)('a product of many rows, transposed %o', (form) => {
  /** By our operation whatever the size and the processor, where it exists. */
  const product = (a: Tensor, b: Tensor, bias?: Tensor, rounded = false): Tensor =>
    backend.binding.hasKernels
      ? execute(
          nameOf(form),
          [typeAttribute('float32'), attribute('rounded', 'bool', rounded)],
          [a, b, bias ?? tf.zeros([0])],
        )
      : matrixProduct(a, b, form, bias);

  it.each(SIZES)('[%i, %i] over %i', (rows, columns, depth) => {
    const [a, b] = operands(rows, columns, depth, form);
    const bias = rng.normal([columns]);
    const expected = tf.add(tf.matMul(a as never, b as never, form.a, form.b), bias);
    const tolerance = { rtol: 0, atol: 2e-6 * largest(expected) };
    expect(product(a, b, bias)).toBeAllclose(expected, tolerance);
    expect(product(a, b)).toBeAllclose(tf.sub(expected, bias), tolerance);
    expect(matrixProduct(a, b, form, bias)).toBeAllclose(expected, tolerance);
    const compiled = compile((x: Tensor, y: Tensor) => product(x, y, bias));
    expect(compiled(a, b)).toBeAllclose(expected, tolerance);
    compiled.dispose();
  });

  // Rounded first, both sides: else sums are those of float32.
  it.runIf(backend.binding.hasAmx).each(SIZES)(
    'rounded for AMX, [%i, %i] over %i',
    (rows, columns, depth) => {
      const [a, b] = operands(rows, columns, depth, form);
      const bias = rng.normal([columns]);
      const [x, y] = [a, b].map((side) => HalfTensor.from(side, 'bfloat16').toFloat32());
      const expected = tf.add(tf.matMul(x as never, y as never, form.a, form.b), bias);
      const tolerance = { rtol: 0, atol: 2e-6 * largest(expected) };
      expect(product(a, b, bias, true)).toBeAllclose(expected, tolerance);
      withPrecision('bf16', () => {
        expect(matrixProduct(a, b, form, bias)).toBeAllclose(expected, tolerance);
        expect(matrixProduct(a, HalfTensor.from(b, 'bfloat16'), form, bias)).toBeAllclose(
          expected,
          tolerance,
        );
      });
    },
  );

  it.each(backend.binding.hasAmx ? [false, true] : [false])('of several matrices, rounded: %s', (rounded) => {
    if (!backend.binding.hasKernels) return;
    const sides = operands(40, 70, 1030, form).map(({ shape }) => rng.normal([2, 3, ...shape]));
    const [x, y] = rounded ? sides.map((side) => HalfTensor.from(side, 'bfloat16').toFloat32()) : sides;
    const expected = tf.matMul(x, y, form.a, form.b);
    const tolerance = { rtol: 0, atol: 2e-6 * largest(expected) };
    expect(product(sides[0], sides[1], undefined, rounded)).toBeAllclose(expected, tolerance);
    if (!rounded) return;
    const batched = withPrecision('bf16', () => batchProduct(sides[0], sides[1], form));
    expect(batched).toBeAllclose(expected, tolerance);
    const alone = sides.map((side) => side.slice([1, 2], [1, 1]));
    const part = product(alone[0], alone[1], undefined, true);
    expect(part).toBeAllclose(batched.slice([1, 2], [1, 1]), { rtol: 0, atol: 0 });
  });

  it.each(['bfloat16', 'float16'] as const)('with a matrix in %s', (dtype) => {
    for (const [rows, columns, depth] of [
      [70, 33, 1030],
      [48, 16, 9],
    ]) {
      const [a, matrix] = operands(rows, columns, depth, form);
      const b = HalfTensor.from(matrix, dtype);
      const expected = matrixProduct(a, b.toFloat32(), form);
      const isExact = !form.a && form.b && halfMethod(dtype, rows) !== 'units';
      const tolerance = isExact || halfMethod(dtype, Infinity) !== 'units' ? 1e-6 : 2e-2;
      expect(matrixProduct(a, b, form)).toBeAllclose(expected, {
        rtol: 0,
        atol: tolerance * largest(expected),
      });
    }
  });

  // Each side a sum of three numbers of bfloat16, where there is AMX: two would be off by up to 2⁻¹⁶.
  it('is as exact as float32, whatever the numbers are like', () => {
    const [M, N, K] = [70, 40, 300];
    for (const scale of [1, 1e-12, 1e12]) {
      const [a, b] = operands(M, N, K, form).map((side) =>
        side.mul(tf.exp(rng.normal(side.shape).mul(3))).mul(scale),
      );
      const y = product(a, b).arraySync() as number[][];
      const [left, right] = [form.a ? a.transpose() : a, form.b ? b : b.transpose()];
      const [rows, columns] = [left.arraySync() as number[][], right.arraySync() as number[][]];
      for (const [i, row] of rows.entries()) {
        for (const [j, column] of columns.entries()) {
          const products = row.map((value, k) => value * column[k]);
          const sum = (numbers: number[]) => numbers.reduce((total, value) => total + value, 0);
          const error = Math.abs(y[i][j] - sum(products));
          expect(error).toBeLessThan(2 ** -19 * sum(products.map(Math.abs)));
        }
      }
    }
  });

  it('says the same of a row to the last bit, whatever rows are beside it', () => {
    if (!backend.binding.hasKernels) return;
    const [a, b] = operands(200, 50, 1100, form);
    const from = form.a ? a.slice([0, 77], [1100, 60]) : a.slice([77, 0], [60, 1100]);
    for (const rounded of backend.binding.hasAmx ? [false, true] : [false]) {
      const all = product(a, b, undefined, rounded);
      const part = product(from, b, undefined, rounded);
      expect(part).toBeAllclose(all.slice([77, 0], [60, 50]), { rtol: 0, atol: 0 });
    }
  });

  // What is infinite may become no number: by AMX it does.
  it.each([
    [NaN, (y: Tensor) => tf.isNaN(y)],
    [Infinity, (y: Tensor) => tf.logicalNot(tf.isFinite(y))],
  ])('carries %d to its own rows and columns alone', (value, isMarked) => {
    const [a, b] = [tf.ones([60, 60]), tf.ones([60, 60])];
    const odd = tf.where(
      tf.oneHot(tf.fill([60], 7, 'int32'), 60, 1, 0, 'bool').logicalAnd(tf.eye(60).cast('bool')),
      value,
      a,
    );
    for (const rounded of backend.binding.hasAmx ? [false, true] : [false]) {
      const y = product(odd, b, undefined, rounded);
      const marked = isMarked(y).sum(1).arraySync() as number[];
      expect(marked).toEqual(Array.from({ length: 60 }, (_, row) => (row === 7 ? 60 : 0)));
    }
  });
});

it.each([4, 50, 100])('nothing to sum is the bias, in %i rows', (rows) => {
  const bias = rng.normal([20]);
  const empty = tf.zeros([20, 0]);
  for (const matrix of [empty, HalfTensor.from(empty, 'bfloat16')]) {
    const y = matrixProduct(tf.zeros([rows, 0]), matrix, { b: true }, bias);
    expect(y).toBeAllclose(tf.tile(bias.reshape([1, 20]), [rows, 1]), { rtol: 0, atol: 0 });
  }
});

it('no rows are none', () => {
  withPrecision('bf16', () =>
    expect(batchProduct(tf.zeros([2, 0, 9]), tf.ones([2, 9, 4])).shape).toEqual([2, 0, 4]),
  );
  const matrix = rng.normal([20, 64]);
  for (const right of [
    matrix,
    ...(['bfloat16', 'float16'] as const).map((dtype) => HalfTensor.from(matrix, dtype)),
  ]) {
    const y = withFewRows(() => matrixProduct(tf.zeros([0, 64]), right, { b: true }));
    expect(y.shape).toEqual([0, 20]);
  }
});

it('sides that do not match are refused', () => {
  const x = tf.ones([50, 300]);
  if (!backend.binding.hasKernels) return;
  const attributes = [typeAttribute('float32'), attribute('rounded', 'bool', false)];
  const product = (y: Tensor, bias: Tensor) => () =>
    execute('Blip2MatMulTransposedB', attributes, [x, y, bias]);
  expect(product(tf.ones([20, 400]), tf.zeros([0]))).toThrow(/inner sides/);
  expect(product(tf.ones([20, 300]), tf.ones([3]))).toThrow(/bias/);
});

// Three parts of a matrix in 16 bit are that matrix.
it.each(['bfloat16', 'float16'] as const)('a matrix in %s that is not rounded further', (dtype) => {
  if (!backend.binding.hasKernels) return;
  const [a, matrix] = operands(70, 450, 300, { b: true });
  const b = HalfTensor.from(matrix, dtype);
  const attributes = [typeAttribute(dtype), attribute('rounded', 'bool', false)];
  const expected = tf.matMul(a, b.toFloat32(), false, true);
  const y = execute('Blip2MatMulTransposedB', attributes, [a, b, tf.zeros([0])]);
  expect(y).toBeAllclose(expected, { rtol: 0, atol: 2e-6 * largest(expected) });
});

it.runIf(backend.binding.hasAmx)('AMX computes float32 where all sides are long', () => {
  const nameFor = (rows: number, columns: number, summed: number) =>
    ownProduct('float32', { rows, columns, summed }, {})?.name;
  expect(nameFor(128, 128, 192)).toBe('Blip2MatMul');
  expect([nameFor(127, 128, 192), nameFor(128, 127, 192), nameFor(128, 128, 191)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('few rows of float32 stay with TensorFlow, but where a token is written', () => {
  expect(ownProduct('float32', { rows: 16, columns: 500, summed: 500 }, { b: true })).toBeUndefined();
  expect(ownProduct('float32', { rows: 47, columns: 500, summed: 500 }, {})).toBeUndefined();
});
