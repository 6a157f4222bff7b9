/** Activation functions against double precision: by the operations of our own, and as TensorFlow's (under XLA). */
import { describe, expect, it } from 'vitest';
import {
  compile,
  gelu,
  geluTanh,
  quickGelu,
  silu,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import { hasKernels } from '../../packages/core/src/runtime/kernels';

/** By a series of positive terms, to double precision. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 150; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** x · σ(u(x)) and its slope, for u with slope du. */
function gated(x: number, u: number, du: number): [number, number] {
  return [x * sigmoid(u), sigmoid(u) + x * sigmoid(u) * sigmoid(-u) * du];
}

const C = 2 * Math.sqrt(2 / Math.PI);
type Function = (x: Tensor) => Tensor;
const FUNCTIONS: Record<string, [Function, (x: number) => [number, number]]> = {
  gelu: [
    gelu,
    (x) => {
      const cdf = (1 + erf(x * Math.SQRT1_2)) / 2;
      return [x * cdf, cdf + (x * Math.exp(-x * x * 0.5)) / Math.sqrt(2 * Math.PI)];
    },
  ],
  geluTanh: [geluTanh, (x) => gated(x, C * (x + 0.044715 * x ** 3), C * (1 + 0.134145 * x * x))],
  quickGelu: [quickGelu, (x) => gated(x, 1.702 * x, 1.702)],
  silu: [silu, (x) => gated(x, x, 1)],
};

function run(f: Function, points: Float32Array, xla = false) {
  const slopes = tf.tensor1d(points.map((_, i) => 1 + (i % 3)));
  const both = compile(
    (x: Tensor) =>
      valueAndGradients(
        () => {
          const y = f(x);
          return { loss: tf.sum(tf.mul(y, slopes)), y };
        },
        { x },
      ),
    { xla },
  );
  const { value, gradients } = both(tf.tensor1d(points));
  return { y: value.y.dataSync(), dx: tf.div<Tensor>(gradients.x, slopes).dataSync() };
}

describe.each(Object.keys(FUNCTIONS))('%s', (name) => {
  const [f, exact] = FUNCTIONS[name];

  /** The largest error of value and gradient from −15 to 15, relative to x and to 1. */
  function worstError(size: number, xla = false): number {
    const points = Float32Array.from({ length: size }, (_, i) => ((i + 1) / size - 0.5) * 30);
    const { y, dx } = run(f, points, xla);
    expect([y.length, dx.length]).toEqual([size, size]);
    const errors = Array.from(points, (x, i) => {
      const [value, slope] = exact(x);
      return Math.max(Math.abs(y[i] - value) / Math.max(1, Math.abs(x)), Math.abs(dx[i] - slope));
    });
    return errors.reduce((worst, error) => Math.max(worst, error), 0);
  }

  // Sizes within, at and beyond eight numbers, and beyond what one thread takes.
  it.each([0, 1, 7, 8, 9, 769, 40_001])('of %i numbers: as in double precision', (size) => {
    expect(worstError(size)).toBeLessThan(hasKernels() ? 2.5e-7 : 5e-6);
  });

  it('composed of TensorFlow’s operations: less exact, and the same', () => {
    expect(worstError(769, true)).toBeLessThan(5e-6);
  });

  it.runIf(hasKernels())('beyond where it bends is x or 0, and no number stays none', () => {
    const far = Float32Array.of(60, 1e4, 1e20, 3e38, Infinity);
    const { y, dx } = run(f, Float32Array.of(...far, ...far.map((x) => -x), NaN));
    expect([...y.slice(0, 5)]).toEqual([...far]);
    expect([...dx.slice(0, 5)]).toEqual([1, 1, 1, 1, 1]);
    for (const small of [...y.slice(5, 10), ...dx.slice(5, 10)]) expect(Math.abs(small)).toBeLessThan(1e-20);
    expect([y[10], dx[10]]).toEqual([NaN, NaN]);
  });
});

it('says the same of equal numbers, whichever thread computed them, where results are below all normal numbers', () => {
  const values = gelu(tf.fill([40_001], -20)).dataSync();
  expect(new Set(values).size).toBe(1);
});
