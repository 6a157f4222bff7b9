/** A task of a few numbers with everything a real one has: batches, noise from the step's seed, matrices and biases. */
import { BatchSource } from '../../packages/core/src/data';
import { ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import type { Recipe, Task, TrainingConfig } from '../../packages/core/src/train';

export const TINY: TrainingConfig = {
  seed: 0,
  steps: 30,
  batchSize: 4,
  learningRate: 0.05,
  minLearningRate: 0,
  warmupSteps: 5,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  clipNorm: 1,
  accumulate: 1,
  precision: 'fp32',
};

const SIZE = 37;
const FEATURES = 3;

/** Example i: features and a target that a linear model finds. */
function example(i: number): { x: number[]; y: number } {
  const x = Array.from({ length: FEATURES }, (_, k) => Math.sin(1 + i * (k + 1)));
  return { x, y: 2 * x[0] - x[1] + 0.5 };
}

export interface TinyOptions {
  /** Step from which the inputs hold a NaN. */
  poisonFrom?: number;
  noise?: number;
}

export function tinyTask(
  training: TrainingConfig,
  { poisonFrom = Infinity, noise = 0.1 }: TinyOptions = {},
): Task<ParameterStore> {
  const parameters = ParameterStore.create(
    {
      'dense.weight': { shape: [1, FEATURES], init: { kind: 'normal', std: 1 } },
      'dense.bias': { shape: [1], init: { kind: 'zeros' } },
      scale: { shape: [], init: { kind: 'ones' } },
    },
    training.seed,
  );
  const source = new BatchSource({ size: SIZE, batchSize: training.batchSize, seed: training.seed });
  return {
    parameters,
    inputs: (step) => {
      const rows = [...source.batch(step).indices].map(example);
      const x = Float32Array.from(rows.flatMap((row) => row.x));
      if (step >= poisonFrom) x[0] = NaN;
      return {
        x: { shape: [rows.length, FEATURES], data: x },
        y: { shape: [rows.length, 1], data: Float32Array.from(rows, ({ y }) => y) },
      };
    },
    loss: (weights, { x, y }, rng) => {
      const prediction = tf.add(
        tf.matMul(x as never, weights.get('dense.weight') as never, false, true),
        weights.get('dense.bias'),
      );
      const noisy: Tensor = tf.add(tf.mul(prediction, weights.get('scale')), rng.normal(y.shape, noise));
      const fit: Tensor = tf.mean(tf.square(tf.sub(noisy, y)));
      const size: Tensor = tf.mul(tf.mean(tf.square(weights.get('dense.weight'))), 0.01);
      return { loss: tf.add(fit, size), fit, size };
    },
    model: parameters,
    evaluate: () => ({ bias: parameters.snapshot()['dense.bias'].data[0] }),
  };
}

export function tinyRecipe(
  training: Partial<TrainingConfig> = {},
  options: TinyOptions = {},
): Recipe<ParameterStore> {
  return {
    name: 'tiny',
    config: { ...options },
    training: { ...TINY, ...training },
    custom: false,
    prepare: async ({ training: resolved }) => tinyTask(resolved, options),
  };
}
