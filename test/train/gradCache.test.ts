/** A batch in chunks (gradCache): the losses and gradients of the whole batch, with the same draws. */
import { describe, expect, test, vi } from 'vitest';
import { blip2QformerParameters } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { lossWeights, objective, type Objective } from '../../packages/core/src/recipes/objective';
import { chunkedObjective } from '../../packages/core/src/recipes/chunkedObjective';
import {
  compile,
  ParameterStore,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import { ChunkedGradients } from '../../packages/core/src/train/chunked';
import { TrainingStep, type Task } from '../../packages/core/src/train';
import { config as fixtureConfig } from '../support/stage1';
import { TINY, tinyTask } from './tinyTask';

vi.setConfig({ testTimeout: 600_000 });

const [BATCH, PATCHES, TOKENS] = [6, 5, 6];

const configOf = (rate: number): Objective['config'] => ({
  ...fixtureConfig,
  qformer: {
    ...fixtureConfig.qformer,
    numHiddenLayers: 2,
    hiddenDropoutProb: rate,
    attentionProbsDropoutProb: rate,
  },
});

function inputsOf(config: Objective['config'], losses: Objective['losses']): Record<string, Tensor> {
  const { vocabSize, encoderHiddenSize } = config.qformer;
  const ids = Int32Array.from({ length: BATCH * TOKENS }, (_, i) => 1 + ((i * 7919) % (vocabSize - 2)));
  // Texts of several lengths: chunks judge other numbers of tokens.
  const mask = Int32Array.from(ids, (_, i) => Number(i % TOKENS < 2 + Math.floor(i / TOKENS / 1.5)));
  const weights = Object.entries(lossWeights(losses)).map(
    ([name, { data }]) => [name, tf.scalar(data[0])] as const,
  );
  return {
    image: Rng.from(5).normal([BATCH, PATCHES, encoderHiddenSize]),
    textIds: tf.tensor2d(ids, [BATCH, TOKENS], 'int32'),
    textMask: tf.tensor2d(mask, [BATCH, TOKENS], 'int32'),
    ...Object.fromEntries(weights),
  };
}

const host = (tensors: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.dataSync<'float32'>().slice()]));
const norm = (values: Float32Array) => Math.hypot(...values);

describe.each([
  [0, 3, 'stopped', { itc: 1, itm: 1, itg: 1 }],
  [0.1, 3, 'stopped', { itc: 1, itm: 0.5, itg: 2 }],
  [0.1, 2, 'attached', { itc: 1, itm: 1, itg: 0 }],
  [0.1, 3, 'stopped', { itc: 0, itm: 1, itg: 1 }],
] as const)('dropout %f, chunks of %i, gathered %s, %o', (rate, gradCache, gathered, losses) => {
  test('losses and gradients are those of the whole batch', () => {
    const config = configOf(rate);
    const whole: Objective = { config, losses, gathered };
    const inputs = inputsOf(config, losses);
    const parameters = ParameterStore.create(blip2QformerParameters(config), 2);
    const seed = tf.tensor1d([7, 8], 'int32');
    const task: Task = {
      parameters,
      inputs: () => inputs,
      loss: (w, given, rng) => objective(w, whole, given.image, given, rng),
      chunked: chunkedObjective(whole, (_, rows) => rows.image),
      model: undefined,
    };
    const step = compile((given: Record<string, Tensor>, key: Tensor) => {
      const weights = parameters.readAll();
      const loss = () => task.loss(new Weights(weights), given, new Rng(key));
      return valueAndGradients(loss, weights);
    });
    const expected = tf.tidy(() => {
      const { value, gradients } = step(inputs, seed);
      return { value: host(value), gradients: host(gradients) } as never;
    }) as { value: Record<string, Float32Array>; gradients: Record<string, Float32Array> };
    const chunks = new ChunkedGradients(task, { ...TINY, batchSize: BATCH, gradCache });
    const before = tf.memory().numTensors;
    const found = tf.tidy(() => {
      const { value, gradients } = chunks.run(inputs, seed);
      return { value: host(value), gradients: host(gradients) } as never;
    }) as typeof expected;
    expect(tf.memory().numTensors).toBe(before);

    expect(Object.keys(found.value).sort()).toEqual(Object.keys(expected.value).sort());
    for (const name of Object.keys(expected.value)) {
      expect(found.value[name][0], name).toBeCloseTo(expected.value[name][0], 4);
    }
    const all = Math.hypot(...Object.values(expected.gradients).map(norm));
    expect(Object.keys(found.gradients).sort()).toEqual(Object.keys(expected.gradients).sort());
    for (const [name, values] of Object.entries(expected.gradients)) {
      const difference = norm(values.map((value, i) => value - found.gradients[name][i]));
      expect(difference, name).toBeLessThanOrEqual(1e-4 * Math.max(norm(values), 1e-4 * all));
    }
    chunks.dispose();
    parameters.dispose();
  });
});

test.each([[{ gradCache: 2 }, /gradCache: the loss of this recipe cannot be computed in chunks/]])(
  '%o of a loss that knows no chunks',
  (settings, message) => {
    const make = () => new TrainingStep(tinyTask(TINY), { ...TINY, ...settings });
    expect(make).toThrow(message);
  },
);

test('chunks that do not make up the batch', () => {
  const chunked = chunkedObjective({ config: configOf(0), losses: { itc: 1 } }, (_, rows) => rows.image);
  const make = () =>
    new ChunkedGradients({ ...tinyTask(TINY), chunked }, { ...TINY, batchSize: 6, gradCache: 4 });
  expect(make).toThrow(/chunks of 4 do not make up a batch of 6/);
});
