/** A linear layer of normed rows is what LayerNorm and the layer are one after the other: values, and every gradient. */
import { expect, it } from 'vitest';
import {
  compile,
  layerNorm,
  linear,
  normedLinear,
  normedRows,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';

const EPSILON = 1e-5;
const rng = Rng.from(3);
const parameters = {
  x: rng.normal([2, 5, 6]),
  // One scale is nothing: its gradient is not.
  gamma: tf.mul(rng.normal([6]), tf.tensor1d([1, 1, 0, 1, 1, 1])),
  beta: rng.normal([6]),
  weight: rng.normal([4, 6]),
  bias: rng.normal([4]),
};
type Parameters = Record<keyof typeof parameters, Tensor>;
const apart = (p: Parameters) => linear(layerNorm(p.x, p.gamma, p.beta, EPSILON), p.weight, p.bias);
const together = (p: Parameters) => normedLinear(normedRows(p.x, p.gamma, p.beta, EPSILON), p.weight, p.bias);

it('gives the same bits', () => {
  expect(together(parameters)).toBeAllclose(apart(parameters), { rtol: 0, atol: 0 });
});

it.each(['eager', 'compiled'])('gives each gradient that the two give (%s)', (mode) => {
  const slopes = Rng.from(4).normal([2, 5, 4]);
  const gradientsOf = (body: (p: Parameters) => Tensor) => {
    const fn = (p: Parameters) =>
      valueAndGradients(() => ({ loss: tf.sum(tf.mul(body(p), slopes)) }), p).gradients;
    return (mode === 'eager' ? fn : compile(fn))(parameters);
  };
  const [ours, expected] = [gradientsOf(together), gradientsOf(apart)];
  for (const name of Object.keys(parameters)) {
    expect(ours[name]).toBeAllclose(expected[name], { rtol: 1e-4, atol: 1e-5 });
  }
});
