/** Norms against their formulas, by the operations of our own and as TensorFlow's (under XLA): values and gradients. */
import { describe, expect, it, vi } from 'vitest';
import {
  compile,
  layerNorm,
  rmsNorm,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import { hasKernels } from '../../packages/core/src/runtime/kernels';
import { standardise } from '../../packages/core/src/runtime/ops/normalise';
import { execute, executeRaw } from '../../packages/core/src/runtime/execute';
import '../support/allclose';

vi.mock('../../packages/core/src/runtime/execute', async (original) => {
  const all = await original<{ execute: () => void; executeRaw: () => void }>();
  return { ...all, execute: vi.fn(all.execute), executeRaw: vi.fn(all.executeRaw) };
});

const EPSILON = 1e-5;
type Inputs = Record<'x' | 'gamma' | 'beta', Tensor>;
type Norm = (inputs: Inputs) => Tensor;

const meanLast = (x: Tensor): Tensor => tf.mean(x, -1, true);
const overRoot = (x: Tensor): Tensor => tf.div(x, tf.sqrt(tf.add(meanLast(tf.square(x)), EPSILON)));
const centred = (x: Tensor): Tensor => overRoot(tf.sub(x, meanLast(x)));

/** Each norm: the operation, and its formula, of which TensorFlow.js finds the gradients. */
const NORMS: Record<string, [Norm, Norm]> = {
  layerNorm: [
    ({ x, gamma, beta }) => layerNorm(x, gamma, beta, EPSILON),
    ({ x, gamma, beta }) => tf.add(tf.mul(centred(x), gamma), beta),
  ],
  rmsNorm: [({ x, gamma }) => rmsNorm(x, gamma, EPSILON), ({ x, gamma }) => tf.mul(overRoot(x), gamma)],
  standardise: [({ x }) => standardise(x, EPSILON), ({ x }) => centred(x)],
};

function inputs(x: Tensor): Inputs {
  const width = x.shape[x.shape.length - 1];
  const rng = Rng.from(2);
  return { x, gamma: rng.normal([width]), beta: rng.normal([width]) };
}

/** Value and gradients of a loss that weighs each number otherwise; those of `wanted` alone, if it is given. */
function run(norm: Norm, given: Inputs, xla?: boolean, wanted = Object.keys(given) as (keyof Inputs)[]) {
  const weights = Rng.from(3).normal(given.x.shape);
  const fn = (tensors: Inputs) =>
    valueAndGradients(
      () => {
        const y = norm(tensors);
        return { loss: tf.sum(tf.mul(y, weights)), y };
      },
      Object.fromEntries(wanted.map((key) => [key, tensors[key]])),
    );
  const { value, gradients } = (xla === undefined ? fn : compile(fn, { xla }))(given);
  return { y: value.y, ...(gradients as Inputs) };
}

describe.each(Object.keys(NORMS))('%s', (name) => {
  const [norm, formula] = NORMS[name];

  function expectFormula(shape: number[], xla?: boolean): void {
    const given = inputs(tf.add(Rng.from(1).normal(shape), 0.5));
    const expected = run(formula, given);
    const found = run(norm, given, xla);
    for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
      expect(found[key]).toBeAllclose(expected[key], { rtol: 1e-4, atol: 1e-5 * Math.sqrt(shape[0]) });
    }
  }

  // Widths within, at and beyond eight numbers; sizes beyond what one thread takes.
  it.each([[[3, 1]], [[4, 7]], [[8]], [[2, 3, 9]], [[5, 769]], [[70, 769]], [[2000, 128]]])(
    'of %j: as its formula',
    (shape) => {
      expectFormula(shape);
    },
  );

  it.each(['compiled', 'xla'])('%s: as its formula', (mode) => {
    expectFormula([70, 769], mode === 'xla');
  });

  it('of frozen scales: the same gradient of x, to the bit, and none of theirs is computed', () => {
    const given = inputs(Rng.from(1).normal([70, 39]));
    const all = run(norm, given);
    vi.clearAllMocks();
    for (const xla of [undefined, false]) {
      expect(run(norm, given, xla, ['x']).x).toBeAllclose(all.x, { rtol: 0, atol: 0 });
    }
    const names = [execute, executeRaw].flatMap((run) => vi.mocked(run).mock.calls.map(([op]) => op));
    expect(names.filter((op) => op.endsWith('Grad') && !op.endsWith('InputGrad'))).toEqual([]);
    expect(names.some((op) => op.endsWith('InputGrad'))).toBe(hasKernels());
    for (const key of ['gamma', 'beta'] as const) {
      expect(run(norm, given, undefined, ['x', key])[key]).toBeAllclose(all[key], { rtol: 0, atol: 0 });
    }
    expect(run(norm, given, true, ['x']).x).toBeAllclose(all.x, { rtol: 1e-4, atol: 1e-5 });
  });

  it('of what is no number or infinite: a row of none, and its neighbours as they are', () => {
    for (const odd of [NaN, Infinity, -Infinity]) {
      const given = inputs(
        tf.tensor2d(
          Float32Array.from({ length: 57 }, (_, i) => (i === 25 ? odd : i % 7)),
          [3, 19],
        ),
      );
      const [own, expected] = [run(norm, given), run(formula, given)];
      for (const key of ['y', 'x'] as const) {
        expect(own[key].isNaN().dataSync()).toEqual(expected[key].isNaN().dataSync());
        expect(own[key].slice([2], [1])).toBeAllclose(expected[key].slice([2], [1]), {
          rtol: 1e-4,
          atol: 1e-5,
        });
      }
    }
  });

  it('of no rows: nothing, and no gradient', () => {
    const { y, x, gamma, beta } = run(norm, inputs(tf.zeros([0, 9])));
    expect([y.shape, x.shape]).toEqual([
      [0, 9],
      [0, 9],
    ]);
    for (const scale of [gamma, beta]) expect(scale).toBeAllclose(tf.zeros([9]), { rtol: 0, atol: 0 });
  });

  it('of large numbers, and of numbers whose squares are infinite, as its formula', () => {
    for (const scale of [1e15, 1e25]) {
      const given = inputs(tf.mul(Rng.from(1).normal([3, 19]), scale));
      expect(run(norm, given).y).toBeAllclose(run(formula, given).y, { rtol: 1e-5, atol: 1e-5 });
    }
  });

  it('gives a row the same bits whatever rows are beside it', () => {
    const given = inputs(Rng.from(1).normal([700, 129]));
    const all = norm(given);
    for (const at of [0, 1, 350, 699]) {
      const alone = norm({ ...given, x: given.x.slice([at, 0], [1, 129]) });
      expect(alone).toBeAllclose(all.slice([at, 0], [1, 129]), { rtol: 0, atol: 0 });
    }
  });
});

it('LayerNorm of equal numbers is the shift, and lets no gradient through', () => {
  const given = inputs(tf.fill([3, 13], 2.5));
  const { y, x } = run(NORMS.layerNorm[0], given);
  expect(y).toBeAllclose(tf.mul(tf.ones([3, 1]), given.beta), { rtol: 0, atol: 0 });
  expect(tf.sum(x, 1)).toBeAllclose(tf.zeros([3]), { rtol: 0, atol: 1e-2 });
});

it.runIf(hasKernels())('refuses scales of another width, and no rows', () => {
  expect(() => layerNorm(tf.zeros([2, 3]), tf.ones([4]), tf.zeros([3]), EPSILON)).toThrow('[..., D]');
  expect(() => layerNorm(tf.zeros([2, 3]), tf.ones([3]), tf.zeros([4]), EPSILON)).toThrow('beta [D]');
  expect(() => rmsNorm(tf.scalar(1), tf.ones([1]), EPSILON)).toThrow('[..., D]');
});
