/** AdamW with clipping against torch.optim.AdamW, five steps with a changing rate. */
import { expect, it } from 'vitest';
import {
  applyAdamW,
  biasCorrection,
  clipScale,
  compile,
  createMoments,
  globalNorm,
  ParameterStore,
  Rng,
  tf,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';

const fixture = new Fixture('adamw');
const recipe = fixture.config<{
  betas: [number, number];
  eps: number;
  weight_decay: number;
  max_norm: number;
  learning_rates: number[];
  no_decay: string[];
}>();

it.each(['eager', 'compiled'])('equals PyTorch, %s', (mode) => {
  const options = { beta1: recipe.betas[0], beta2: recipe.betas[1], epsilon: recipe.eps };
  const parameters = ParameterStore.from(fixture.tensors('w.'));
  const stores = { parameters, ...createMoments(parameters) };
  const update = (gradients: Record<string, Tensor>, rates: Record<string, Tensor>): undefined => {
    const { learningRate, weightDecay, correction1, correction2, scale } = rates;
    const step = { learningRate, weightDecay, correction1, correction2 };
    const updates = parameters.names().map((name) => {
      const decay = !recipe.no_decay.includes(name);
      return { name, gradient: gradients[name], rates: step, decay };
    });
    applyAdamW(updates, scale, stores, options);
  };
  const [run, normOf] = mode === 'compiled' ? [compile(update), compile(globalNorm)] : [update, globalNorm];
  recipe.learning_rates.forEach((learningRate, step) => {
    const [correction1, correction2] = biasCorrection(options, step + 1);
    const gradients = fixture.tensors(`in.${step}.`);
    const norm = normOf(gradients);
    expect(norm).toBeAllclose(fixture.values(`a.${step}.norm`), { rtol: 1e-5 });
    const scale = clipScale(norm.dataSync()[0], recipe.max_norm);
    const scalars = { learningRate, weightDecay: recipe.weight_decay, correction1, correction2, scale };
    const rates = Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]),
    );
    run(gradients, rates);
    for (const name of parameters.names()) {
      expect(parameters.read(name)).toBeAllclose(fixture.values(`a.${step}.${name}`), {
        rtol: 1e-5,
        atol: 1e-6,
      });
    }
  });
  for (const name of parameters.names()) {
    expect(stores.first.read(name)).toBeAllclose(fixture.values(`a.m.${name}`));
    expect(stores.second.read(name)).toBeAllclose(fixture.values(`a.v.${name}`));
  }
});

// Sizes that no vector divides, and more than one thread takes: what is read before stays what it was.
it.each([1, 7, 300_003])(
  '%i numbers: a value read before does not change, and all of a new one is right',
  (size) => {
    const options = { beta1: 0.9, beta2: 0.98, epsilon: 1e-8 };
    const start = Rng.from(4).normal([size]);
    const parameters = ParameterStore.from({ w: start });
    const stores = { parameters, ...createMoments(parameters) };
    const drawn = Rng.from(5).normal([size]);
    const gradient = tf.add(drawn, tf.sign(drawn)); // none so small that ε counts
    const before = parameters.read('w');
    const values = before.dataSync().slice();
    const scalars = { learningRate: 0.1, weightDecay: 0.5, correction1: 0.1, correction2: 0.02 };
    const rates = Object.fromEntries(
      Object.entries(scalars).map(([name, value]) => [name, tf.scalar(value)]),
    );
    const update = { name: 'w', gradient, rates: rates as never, decay: true };
    applyAdamW([update], tf.scalar(0.25), stores, options);
    expect(before.dataSync()).toEqual(values);
    // The first step of Adam is the gradient's sign.
    const expected = tf.sub(tf.mul(start, 0.95), tf.mul(tf.sign(gradient), 0.1));
    expect(parameters.read('w')).toBeAllclose(expected, { rtol: 0, atol: 1e-5 });
    expect(stores.first.read('w')).toBeAllclose(tf.mul(gradient, 0.025));
    expect(stores.second.read('w')).toBeAllclose(tf.mul(tf.square(gradient), 0.02 / 16));
  },
);
