/** Activation recomputation: the same values and gradients, and less memory. */
import { describe, expect, test, vi } from 'vitest';
import {
  compile,
  dropout,
  gelu,
  linear,
  recomputed,
  Rng,
  runEagerly,
  tf,
  valueAndGradients,
  withRecompute,
  type Tensor,
} from '../../packages/core/src/runtime';
import { execute } from '../../packages/core/src/runtime/execute';

vi.mock('../../packages/core/src/runtime/execute', async (original) => {
  const all = await original<{ execute: () => void }>();
  return { ...all, execute: vi.fn(all.execute) };
});

const [WIDTH, LAYERS, ROWS] = [24, 5, 8];

/** A stack of blocks with dropout whose weights, input and a second argument get gradients. */
function stack(weights: Record<string, Tensor>, rng?: Rng): { loss: Tensor; last: Tensor } {
  let x = weights.input;
  for (let layer = 0; layer < LAYERS; layer++) {
    const named = { own: weights[`layer${layer}`], unused: weights.unused };
    x = recomputed({ args: { x, shift: weights.shift }, weights: named, rng }, (given) => {
      const hidden = gelu(linear(given.args.x!, given.weights.own!));
      return given.args.x!.add(dropout(hidden.mul(given.args.shift!), 0.3, given.rng));
    });
  }
  return { loss: tf.sum(tf.mul(x, x)), last: tf.mean(x) };
}

function weights(): Record<string, Tensor> {
  const rng = Rng.from(3);
  const layers = Array.from({ length: LAYERS }, (_, i) => [`layer${i}`, rng.normal([WIDTH, WIDTH], 0.2)]);
  return {
    ...(Object.fromEntries(layers) as Record<string, Tensor>),
    input: rng.normal([ROWS, WIDTH]),
    shift: rng.normal([WIDTH]),
    unused: rng.normal([WIDTH]),
  };
}

function gradients(on: boolean, withDropout: boolean): Record<string, Float32Array> {
  return tf.tidy(() => {
    const step = compile((given: Record<string, Tensor>, seed: Tensor) => {
      const rng = withDropout ? new Rng(seed) : undefined;
      const found = withRecompute(on, () => valueAndGradients(() => stack(given, rng), given));
      return { ...found.gradients, ...found.value };
    });
    const found = step(weights(), tf.tensor1d([5, 6], 'int32'));
    return Object.fromEntries(
      Object.entries(found).map(([name, t]) => [name, t.dataSync<'float32'>()]),
    ) as never;
  });
}

describe.each([false, true])('dropout: %s', (withDropout) => {
  test('values and gradients are those of keeping everything, bit for bit', () => {
    const kept = gradients(false, withDropout);
    expect(gradients(true, withDropout)).toEqual(kept);
    expect(kept.shift.some((value) => value !== 0)).toBe(true);
  });

  test('and so they are when nothing is compiled', () => {
    const kept = runEagerly(() => gradients(false, withDropout));
    expect(runEagerly(() => gradients(true, withDropout))).toEqual(kept);
  });
});

test('a weight with two names has its gradient once', () => {
  const found = (on: boolean) =>
    runEagerly(() =>
      tf.tidy(() => {
        const [x, tied] = [Rng.from(4).normal([ROWS, WIDTH]), Rng.from(5).normal([WIDTH, WIDTH])];
        const loss = () =>
          tf.sum(
            recomputed(
              { args: { x }, weights: { down: tied, up: tied } },
              ({ args, weights: { down, up } }) => linear(gelu(linear(args.x!, down!)), up!),
            ),
          );
        const { gradients } = withRecompute(on, () => valueAndGradients(() => ({ loss: loss() }), { tied }));
        return gradients.tied.dataSync();
      }),
    );
  expect(found(true)).toEqual(found(false));
});

test('gradients of frozen weights are not computed', () => {
  const given = weights();
  const products = (wanted: Record<string, Tensor>) => {
    vi.clearAllMocks();
    tf.tidy(() => withRecompute(true, () => valueAndGradients(() => stack(given), wanted)).value.loss);
    return vi.mocked(execute).mock.calls.filter(([op]) => op === 'MatMul').length;
  };
  const [all, inputAlone] = [products(given), products({ input: given.input })];
  expect(all - inputAlone).toBe(LAYERS);
});

test('nothing is left behind', () => {
  runEagerly(() => gradients(true, true));
  const held = tf.memory().numTensors;
  runEagerly(() => gradients(true, true));
  expect(tf.memory().numTensors).toBe(held);
});

test('a tensor that is no argument is an error: its gradient would be lost', () => {
  const body = () => {
    const [x, secret] = [tf.ones([2]), tf.ones([2])];
    return valueAndGradients(
      () => {
        const y = recomputed({ args: { x }, weights: {} }, ({ args }) => tf.mul(args.x!, secret));
        return { loss: tf.sum(y) };
      },
      { x, secret },
    );
  };
  expect(() => tf.tidy(() => withRecompute(true, body).value.loss)).toThrow(/uses a tensor from outside/);
});
