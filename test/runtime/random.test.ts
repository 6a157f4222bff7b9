/** Stateless random numbers. */
import { describe, expect, it, test } from 'vitest';
import { compile, dropout, Rng, tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';

it('the same seed gives the same draws, another seed or draw others', () => {
  const draws = (seed: number) => {
    const rng = Rng.from(seed);
    return [rng.uniform([8]), rng.uniform([8])].map((x) => Array.from(x.dataSync()));
  };
  const [first, second] = draws(7);
  expect(draws(7)).toEqual([first, second]);
  expect(second).not.toEqual(first);
  expect(draws(8)[0]).not.toEqual(first);
});

it('draws the same in compiled code, where the seed is an input', () => {
  const draw = compile((seed: Tensor) => new Rng(seed).normal([100]));
  for (const seed of [1, 2]) {
    expect(draw(tf.tensor1d([seed, 0], 'int32'))).toBeAllclose(Rng.from(seed).normal([100]));
  }
});

it('draws by the seed under XLA too', () => {
  const draw = compile((seed: Tensor) => new Rng(seed).normal([1000]), { xla: true });
  const values = (seed: number) => draw(tf.tensor1d([seed, 0], 'int32')).dataSync();
  expect(values(1)).toEqual(values(1));
  expect(values(2)).not.toEqual(values(1));
  expect(tf.moments(draw(tf.tensor1d([3, 0], 'int32'))).variance.dataSync()[0]).toBeCloseTo(1, 0);
});

describe('bernoulli', () => {
  const share = (x: Tensor): number => tf.mean(tf.cast(x, 'float32')).dataSync()[0];

  it.each([0.1, 0.5, 0.9])('is true with probability %s', (probability) => {
    const drawn = Rng.from(3).bernoulli([333, 301], probability); // an odd number of elements
    expect(drawn.shape).toEqual([333, 301]);
    expect(share(drawn)).toBeCloseTo(probability, 2);
  });
  it.each([
    [1, 1],
    [1 - 1e-6, 1],
    [1e-6, 0],
    [0, 0],
  ])('is for %s always the same', (probability, value) => {
    const drawn = Rng.from(3).bernoulli([333, 301], probability);
    expect(drawn.dtype).toBe('bool');
    expect(share(drawn)).toBe(value);
  });
  it('decides for neighbours independently', () => {
    const pairs = Rng.from(4).bernoulli([50_000, 2], 0.5);
    const equal = tf.equal(pairs.slice([0, 0], [-1, 1]), pairs.slice([0, 1], [-1, 1]));
    expect(share(equal)).toBeCloseTo(0.5, 2);
  });
  it('draws the same in compiled code, and leaves no tensors behind', () => {
    const draw = compile((seed: Tensor) => tf.cast(new Rng(seed).bernoulli([7, 9], 0.3), 'float32'));
    const seed = tf.tensor1d([5, 0], 'int32');
    const before = tf.memory().numTensors;
    const eager = tf.tidy(() => tf.cast(Rng.from(5).bernoulli([7, 9], 0.3), 'float32'));
    expect(draw(seed)).toBeAllclose(eager);
    expect(tf.memory().numTensors).toBe(before + 2);
  });
});

it('categorical follows the probabilities and never takes what is excluded', () => {
  const rows = 20_000;
  const logits = tf.log(tf.tensor2d([[0.1, 0.2, 0.7, 0]]).add(0)).maximum(-10_000);
  const drawn = Rng.from(1).categorical(tf.tile(logits, [rows, 1]));
  const share = (k: number): number => tf.mean(tf.cast(tf.equal(drawn, k), 'float32')).dataSync()[0];
  expect(share(0)).toBeCloseTo(0.1, 1);
  expect(share(1)).toBeCloseTo(0.2, 1);
  expect(share(2)).toBeCloseTo(0.7, 1);
  expect(share(3)).toBe(0);
});

it.each([0, 1e-6, 0.5, 1])('dropout at a rate of %s keeps that mean, and numbers', (rate) => {
  const kept = tf.mean(dropout(tf.ones([400, 400]), rate, Rng.from(6))).dataSync()[0];
  expect(kept).toBeCloseTo(rate === 1 ? 0 : 1, 1);
});

describe('part of a batch', () => {
  const ROWS = 6;
  const draws: Record<string, (rng: Rng, shape: number[]) => Tensor> = {
    uniform: (rng, shape) => rng.uniform(shape),
    normal: (rng, shape) => rng.normal(shape, 2),
    bernoulli: (rng, shape) => tf.cast(rng.bernoulli(shape, 0.7), 'int32'),
    categorical: (rng, shape) => rng.categorical(tf.zeros(shape)),
  };
  const compiled = Object.fromEntries(
    Object.entries(draws).map(([name, draw]) => [
      name,
      (rng: Rng, shape: number[]) => compile(() => draw(rng, shape))(),
    ]),
  );

  // 7 numbers a row: the parts begin at no multiple of what Philox makes at a time.
  test.each([
    ...Object.entries(draws).map(([name, draw]) => [name, draw, 3, [7]] as const),
    ...Object.entries(compiled).map(([name, draw]) => [`${name}, compiled`, draw, 2, [7]] as const),
    ['bernoulli of four axes', draws.bernoulli, 3, [3, 5, 3]] as const,
  ])('%s: each row draws what it does in the whole', (_, draw, parts, row) => {
    const count = ROWS / parts;
    for (const times of [1, 3]) {
      const whole = draw(Rng.from(5).fork(), [times * ROWS, ...row]);
      const whole3 = tf.reshape(whole, [times, ROWS, -1]);
      for (let part = 0; part < parts; part++) {
        const rows = { first: part * count, count, total: ROWS };
        const own = draw(new Rng(Rng.from(5).seed, rows), [times * count, ...row]);
        expect(tf.reshape(own, [times, count, -1])).toBeAllclose(
          whole3.slice([0, part * count], [times, count]),
          {
            rtol: 0,
            atol: 0,
          },
        );
      }
    }
  });
});
