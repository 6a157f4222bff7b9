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
