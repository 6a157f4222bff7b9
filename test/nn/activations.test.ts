/** Every activation function that a config.json can name: its values, and its gradient by differences. */
import { expect, test } from 'vitest';
import { ACTIVATION_NAMES, ACTIVATIONS, type Activation } from '../../packages/core/src/nn';
import { tf, valueAndGradients, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';

const POINTS = [-3.1, -1.2, -0.4, 0.3, 0.9, 2.7];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const tanhForm = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Abramowitz and Stegun 7.1.26: to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = terms.reduceRight((rest, term) => (rest + term) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const EXPECTED: Record<Activation, (x: number) => number> = {
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_new: tanhForm,
  gelu_pytorch_tanh: tanhForm,
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  relu: (x) => Math.max(x, 0),
  silu: (x) => x * sigmoid(x),
  swish: (x) => x * sigmoid(x),
  tanh: Math.tanh,
};

test.each(ACTIVATION_NAMES)('%s', (name) => {
  const x = tf.tensor1d(POINTS);
  const activation = ACTIVATIONS[name];
  expect(activation(x)).toBeAllclose(tf.tensor1d(POINTS.map(EXPECTED[name])), { atol: 1e-6 });
  const weights = tf.tensor1d(POINTS.map((_, i) => i + 1));
  const { gradients } = valueAndGradients(() => ({ loss: tf.sum<Tensor>(tf.mul(activation(x), weights)) }), {
    x,
  });
  const slope = (at: number) => (EXPECTED[name](at + 1e-3) - EXPECTED[name](at - 1e-3)) / 2e-3;
  const slopes = tf.tensor1d(POINTS.map((point, i) => (i + 1) * slope(point)));
  expect(gradients.x).toBeAllclose(slopes, { rtol: 1e-3, atol: 1e-3 });
});
