/** Attention without keys and values is attention to them: values, probabilities, and every gradient. */
import { expect, it } from 'vitest';
import {
  compile,
  normedRows,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import {
  attendRows,
  hasFewQueries,
  multiHeadAttention,
  projectHeads,
  Weights,
} from '../../packages/core/src/nn';
import '../support/allclose';

const [B, H, Q, P, W, D] = [2, 3, 2, 7, 10, 12];
const rng = Rng.from(3);
const parameters = {
  query: rng.normal([B, H, Q, D / H]),
  x: rng.normal([B, P, W]),
  gamma: tf.add(rng.normal([W], 0.3), 1),
  beta: rng.normal([W]),
  'key.weight': rng.normal([D, W]),
  'key.bias': rng.normal([D]),
  'value.weight': rng.normal([D, W]),
  'value.bias': rng.normal([D]),
};
type Parameters = Record<keyof typeof parameters, Tensor>;

const draws = () => ({ dropout: 0.3, rng: Rng.from(5) });
const without = (p: Parameters) =>
  attendRows(new Weights(p), p.query, normedRows(p.x, p.gamma, p.beta, 1e-5), draws());
const withKeys = (p: Parameters) => {
  const w = new Weights(p);
  const rows = normedRows(p.x, p.gamma, p.beta, 1e-5);
  const [key, value] = projectHeads([w.scope('key'), w.scope('value')], rows, H);
  return multiHeadAttention(p.query, { key, value }, draws());
};

it('gives the same context and probabilities, under the same dropout', () => {
  const [ours, expected] = [without(parameters), withKeys(parameters)];
  expect(ours.context).toBeAllclose(expected.context, { rtol: 1e-4, atol: 1e-5 });
  expect(ours.probabilities).toBeAllclose(expected.probabilities, { rtol: 1e-4, atol: 1e-6 });
});

it.each(['eager', 'compiled'])('gives each gradient (%s)', (mode) => {
  const [ofContext, ofMaps] = [Rng.from(4).normal([B, Q, D]), Rng.from(6).normal([B, H, Q, P])];
  const gradientsOf = (body: typeof without) => {
    const loss = (p: Parameters) => {
      const { context, probabilities } = body(p);
      return tf.add<Tensor>(tf.sum(tf.mul(context, ofContext)), tf.sum(tf.mul(probabilities, ofMaps)));
    };
    const fn = (p: Parameters) => valueAndGradients(() => ({ loss: loss(p) }), p).gradients;
    return (mode === 'eager' ? fn : compile(fn))(parameters);
  };
  const [ours, expected] = [gradientsOf(without), gradientsOf(withKeys)];
  for (const name of Object.keys(parameters)) {
    expect(ours[name]).toBeAllclose(expected[name], { rtol: 1e-3, atol: 1e-4 });
  }
});

it("is for few queries: the paper's 32 beside 257 patches, not 128 of them", () => {
  const sizes = { rows: 257, width: 1408, heads: 12, headWidth: 64 };
  expect(hasFewQueries({ ...sizes, queries: 32 })).toBe(true);
  expect(hasFewQueries({ ...sizes, queries: 128 })).toBe(false);
});
