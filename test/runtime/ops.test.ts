/** Each operation against PyTorch, eagerly and compiled, and its gradient against finite differences. */
import { describe, expect, it } from 'vitest';
import {
  attention,
  compile,
  embedding,
  gelu,
  geluTanh,
  l2Normalize,
  layerNorm,
  linear,
  quickGelu,
  rmsNorm,
  Rng,
  softmaxCrossEntropy,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';

const fixture = new Fixture('ops');
type Inputs = Record<string, Tensor>;

const withBias = (x: Inputs) => attention(x.q, x.k, x.v, { bias: x.bias });

/** How each case of the fixture is computed here. */
const CASES: Record<string, (x: Inputs) => Tensor> = {
  linear: (x) => linear(x.x, x.weight, x.bias),
  embedding: (x) => embedding(x.table, x.ids),
  layer_norm: (x) => layerNorm(x.x, x.gamma, x.beta, 1e-12),
  layer_norm_eps: (x) => layerNorm(x.x, x.gamma, x.beta, 1e-2),
  rms_norm: (x) => rmsNorm(x.x, x.gamma, 1e-2),
  gelu: (x) => gelu(x.x),
  gelu_tanh: (x) => geluTanh(x.x),
  quick_gelu: (x) => quickGelu(x.x),
  cross_entropy: (x) => softmaxCrossEntropy(x.logits, x.labels),
  cross_entropy_smoothed: (x) => softmaxCrossEntropy(x.logits, x.labels, { labelSmoothing: 0.1 }),
  attention: (x) => attention(x.q, x.k, x.v).context,
  attention_masked: (x) => withBias(x).context,
  attention_bias: (x) => withBias(x).context,
};

/** Output and gradients of sum(out · d_out) with respect to the inputs that have one in the fixture. */
function run(name: string, inputs: Inputs) {
  const { d_out: weight, ...rest } = inputs;
  const differentiated = Object.fromEntries(fixture.names(`${name}.g.`).map((input) => [input, rest[input]]));
  const { value, gradients } = valueAndGradients(() => {
    const out = CASES[name](rest);
    return { loss: tf.sum(tf.mul(out, weight)), out };
  }, differentiated);
  return { out: value.out, gradients };
}

describe.each(Object.keys(CASES))('%s', (name) => {
  const inputs = fixture.tensors(`${name}.in.`);
  const modes = {
    eager: run,
    compiled: (_: string, x: Inputs) => compile((tensors: Inputs) => run(name, tensors))(x),
  };
  it.each(Object.keys(modes) as (keyof typeof modes)[])('equals PyTorch, %s', (mode) => {
    const { out, gradients } = modes[mode](name, inputs);
    expect(out).toBeAllclose(fixture.values(`${name}.out`), { rtol: 1e-5, atol: 2e-6 });
    for (const input of fixture.names(`${name}.g.`)) {
      expect(gradients[input]).toBeAllclose(fixture.values(`${name}.g.${input}`), { rtol: 1e-4, atol: 5e-6 });
    }
  });
});

it('attention probabilities equal PyTorch’s and sum to one', () => {
  for (const name of ['attention', 'attention_masked']) {
    const { probabilities } = withBias(fixture.tensors(`${name}.in.`));
    expect(probabilities).toBeAllclose(fixture.values(`${name}.probabilities`));
    expect(tf.sum(probabilities, -1)).toBeAllclose(tf.ones(probabilities.shape.slice(0, -1)));
  }
});

describe('gradients agree with finite differences', () => {
  const rng = Rng.from(11);
  const x = rng.normal([3, 6]);
  const [gamma, beta] = [rng.normal([6]), rng.normal([6])];
  const target = tf.tensor1d([4, -100, 0], 'int32');
  const functions: Record<string, (x: Tensor) => Tensor> = {
    layerNorm: (u) => layerNorm(u, gamma, beta, 1e-5),
    rmsNorm: (u) => rmsNorm(u, gamma, 1e-5),
    l2Normalize,
    gelu,
    geluTanh,
    quickGelu,
    attention: (u) => {
      const heads = tf.reshape(u, [1, 1, 3, 6]); // each of query, key and value moves with u
      return attention(heads, tf.mul(heads, 0.7), heads, { bias: tf.tensor1d([0, 0.5, -1]) }).context;
    },
    softmaxCrossEntropy: (u) => softmaxCrossEntropy(u, target, { labelSmoothing: 0.2 }),
  };
  it.each(Object.keys(functions))('%s', (name) => {
    const weight = Rng.from(5).normal(functions[name](x).shape);
    const loss = (u: Tensor) => tf.sum(tf.mul(functions[name](u), weight));
    const { gradients } = valueAndGradients(() => ({ loss: loss(x) }), { x });
    const step = 1e-2;
    const numeric = Array.from({ length: x.size }, (_, i) => {
      const bump = tf.reshape(tf.oneHot(tf.scalar(i, 'int32'), x.size, step, 0, 'float32'), x.shape);
      return (loss(tf.add(x, bump)).dataSync()[0] - loss(tf.sub(x, bump)).dataSync()[0]) / (2 * step);
    });
    expect(gradients.x).toBeAllclose({ shape: x.shape, data: numeric }, { rtol: 2e-2, atol: 2e-3 });
  });
});

it('a label that is no class is refused', () => {
  const loss = (label: number) => softmaxCrossEntropy(tf.zeros([1, 3]), tf.tensor1d([label], 'int32'));
  for (const label of [-1, 3]) expect(() => loss(label)).toThrow('Received a label value');
});

it('a batch whose labels are all ignored has loss 0 and gradient 0', () => {
  const logits = Rng.from(1).normal([2, 5]);
  const target = tf.tensor1d([-100, -100], 'int32');
  const { value, gradients } = valueAndGradients(
    () => ({ loss: softmaxCrossEntropy(logits, target, { labelSmoothing: 0.1 }) }),
    { logits },
  );
  expect(value.loss.dataSync()[0]).toBe(0);
  expect(gradients.logits).toBeAllclose(tf.zeros([2, 5]), { rtol: 0, atol: 0 });
});
