/** 16-bit storage: right where it is taken, an error everywhere else. */
import { describe, expect, it } from 'vitest';
import {
  compile,
  embedding,
  halfMethods,
  HalfTensor,
  linear,
  Rng,
  tf,
  valueAndGradients,
  withFewRows,
  withPrecision,
  type Tensor,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';

const rng = Rng.from(2);
const [x, w, b] = [rng.normal([3, 5, 16]), rng.normal([8, 16]), rng.normal([8])];

describe.each(['bfloat16', 'float16'] as const)('%s', (dtype) => {
  const half = HalfTensor.from(w, dtype);
  const epsilon = dtype === 'bfloat16' ? 2 ** -8 : 2 ** -11;

  it('rounds to nearest and takes half the memory', () => {
    expect(half.toFloat32()).toBeAllclose(w, { rtol: epsilon, atol: 0 });
    expect(half.bytes().byteLength).toBe(w.size * 2);
  });
  it('is a frozen weight of linear: value, gradients of input and bias', () => {
    const run = (weight: HalfTensor | typeof w) =>
      valueAndGradients(() => ({ loss: tf.sum(tf.square(linear(x, weight, b))) }), { x, b });
    const [exact, rounded] = [run(w), run(half)];
    const scale = Number(tf.max(tf.abs(exact.gradients.x)).dataSync()[0]);
    expect(rounded.value.loss).toBeAllclose(exact.value.loss, { rtol: 4 * epsilon });
    expect(rounded.gradients.x).toBeAllclose(exact.gradients.x, { rtol: 0, atol: 6 * epsilon * scale });
    expect(rounded.gradients.b).toBeAllclose(exact.gradients.b, { rtol: 0, atol: 6 * epsilon * scale });
  });
  it('gives one product per row, whatever rows are beside it', () => {
    const together = linear(x, half, b);
    const alone = linear(x.slice([1, 0, 0], [1, -1, -1]), half, b);
    expect(alone).toBeAllclose(together.slice([1, 0, 0], [1, -1, -1]), { rtol: 0, atol: 1e-5 });
  });
  it('is a frozen table: rows as they were rounded, in compiled functions too', () => {
    const ids = tf.tensor2d([7, 0, 3, 3], [2, 2], 'int32');
    const rows = compile((table: HalfTensor, at: Tensor) => embedding(table, at));
    expect(embedding(half, ids)).toBeAllclose(embedding(half.toFloat32(), ids), { rtol: 0, atol: 0 });
    expect(rows(half, ids)).toBeAllclose(embedding(half, ids), { rtol: 0, atol: 0 });
    rows.dispose();
  });
  it('is refused by TensorFlow.js', () => {
    // @ts-expect-error: a HalfTensor is not a Tensor
    expect(() => tf.add(half, 1)).toThrow();
    // @ts-expect-error: nor a weight of an operation that knows float32 alone
    expect(() => tf.matMul(half, w)).toThrow();
  });
  it('cannot be used after dispose', () => {
    const gone = HalfTensor.from(w, dtype);
    gone.dispose();
    expect(() => gone.bytes()).toThrow('disposed');
  });
});

describe.each(['bfloat16', 'float16'] as const)('few rows times a matrix in %s', (dtype) => {
  // Widths that no vector divides, and numbers of rows around those that registers hold.
  it.each([
    [1, 8, 4],
    [2, 77, 33],
    [3, 100, 37],
    [5, 2561, 129],
    [7, 31, 2],
    [64, 640, 501],
  ])('[%i, %i] · [%i, …]ᵀ is the product with the widened matrix', (rows, width, out) => {
    const [rowsIn, matrix] = [rng.normal([rows, width]), HalfTensor.from(rng.normal([out, width]), dtype)];
    const wide = matrix.toFloat32();
    const largest = Number(tf.max(tf.abs(linear(rowsIn, wide))).dataSync()[0]);
    expect(linear(rowsIn, matrix)).toBeAllclose(linear(rowsIn, wide), { rtol: 0, atol: 1e-6 * largest });
    const compiled = compile((input: Tensor) => linear(input, matrix));
    expect(compiled(rowsIn)).toBeAllclose(linear(rowsIn, matrix), { rtol: 0, atol: 0 });
    compiled.dispose();
  });
  it('says the same of a row to the last bit, whatever rows are beside it, where it reads the matrix as it is', () => {
    if (halfMethods(dtype).few !== 'direct') return;
    const [many, matrix] = [rng.normal([13, 500]), HalfTensor.from(rng.normal([70, 500]), dtype)];
    const all = linear(many, matrix);
    for (const count of [1, 2, 4, 5]) {
      const some = linear(many.slice([13 - count, 0]), matrix);
      expect(some).toBeAllclose(all.slice([13 - count, 0]), { rtol: 0, atol: 0 });
    }
  });
  it('is infinite or no number where the matrix is', () => {
    const odd = HalfTensor.from(
      tf.tensor2d([
        [Infinity, 1],
        [NaN, 1],
        [-Infinity, 1],
        [2 ** -24, 0],
      ]),
      dtype,
    );
    const [values] = [linear(tf.tensor2d([[1, 1]]), odd).dataSync()];
    expect([...values]).toEqual([Infinity, NaN, -Infinity, 2 ** -24]);
  });
});

// Rounded first, rows too: else sums are those of float32.
it.runIf(backend.binding.hasAmx).each([
  [8, 32, 32],
  [9, 96, 64],
  [16, 768, 96],
  [17, 64, 352],
  [33, 64, 48],
  [48, 128, 32],
  [64, 2560, 320],
])('[%i, %i] · [%i, …]ᵀ by AMX is the product of rounded rows', (rows, width, out) => {
  const [rowsIn, bias] = [rng.normal([rows, width]), rng.normal([out])];
  const matrix = HalfTensor.from(rng.normal([out, width]), 'bfloat16');
  const expected = linear(HalfTensor.from(rowsIn, 'bfloat16').toFloat32(), matrix.toFloat32(), bias);
  const largest = Number(tf.max(tf.abs(expected)).dataSync()[0]);
  const found = linear(rowsIn, matrix, bias);
  expect(found).toBeAllclose(expected, { rtol: 0, atol: 1e-6 * largest });
  const some = linear(rowsIn.slice([rows - 8, 0]), matrix, bias);
  expect(some).toBeAllclose(found.slice([rows - 8, 0]), { rtol: 0, atol: 0 });
});

it('bf16 precision changes products alone, and leaves no tensors behind', () => {
  const count = (): number => tf.memory().numTensors;
  const before = count();
  const exact = linear(x, w, b);
  const fast = withPrecision('bf16', () => linear(x, w, b));
  expect(fast).toBeAllclose(exact, { rtol: 0, atol: 0.15 });
  expect(fast.dataSync()).not.toEqual(exact.dataSync());
  tf.dispose([exact, fast]);
  expect(count()).toBe(before);
});

describe('few rows times a matrix in float32, where a step asks for it', () => {
  it.each([
    [1, 8, 4],
    [3, 77, 33],
    [5, 2561, 129],
    [16, 640, 501],
    [49, 640, 501],
    [96, 320, 129],
  ])('[%i, %i] · [%i, …]ᵀ is the product as it is without', (rows, width, out) => {
    const [input, matrix] = [rng.normal([rows, width]), rng.normal([out, width])];
    const plain = linear(input, matrix);
    const largest = Number(tf.max(tf.abs(plain)).dataSync()[0]);
    expect(withFewRows(() => linear(input, matrix))).toBeAllclose(plain, { rtol: 0, atol: 1e-6 * largest });
    const compiled = compile((x: Tensor) => withFewRows(() => linear(x, matrix)));
    expect(compiled(input)).toBeAllclose(plain, { rtol: 0, atol: 1e-6 * largest });
    compiled.dispose();
  });
  it('leaves what comes after it alone', () => {
    const [input, matrix] = [rng.normal([5, 500]), rng.normal([70, 500])];
    const before = linear(input, matrix);
    withFewRows(() => linear(input, matrix));
    expect(linear(input, matrix)).toBeAllclose(before, { rtol: 0, atol: 0 });
  });
});
