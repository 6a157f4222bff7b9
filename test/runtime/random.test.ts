/** Stateless random numbers. */
import { expect, it } from 'vitest';
import { compile, Rng, tf, type Tensor } from '../../packages/core/src/runtime';
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
