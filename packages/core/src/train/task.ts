/** What is trained, seen from the trainer: parameters, inputs of a step, a loss. Everything else is the task's own. */
import type { ParameterStore, Rng, Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { HostTensor, JsonObject } from '../checkpoints';

/** Hyper-parameters of the loop: plain numbers, part of the recipe's hash. */
export interface TrainingConfig {
  seed: number;
  steps: number;
  batchSize: number;
  /** Peak learning rate. */
  learningRate: number;
  /** What the cosine ends at. */
  minLearningRate: number;
  warmupSteps: number;
  /** Decoupled decay, of matrices only. */
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Largest joint L2 norm of the gradients; 0: no clipping. */
  clipNorm: number;
  /** Micro-batches of `batchSize` whose gradients are averaged before each update. */
  accumulate: number;
  /** Type of matrix products. */
  precision: 'fp32' | 'bf16';
}

const NAMES: Record<keyof TrainingConfig, true> = {
  seed: true,
  steps: true,
  batchSize: true,
  learningRate: true,
  minLearningRate: true,
  warmupSteps: true,
  weightDecay: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  clipNorm: true,
  accumulate: true,
  precision: true,
};

/** Parts a recipe's settings into the loop's and the rest. */
export function trainingOf<T extends TrainingConfig>(
  settings: T,
): { training: TrainingConfig; rest: Omit<T, keyof TrainingConfig> } {
  const [training, rest]: Record<string, unknown>[] = [{}, {}];
  for (const [name, value] of Object.entries(settings)) (name in NAMES ? training : rest)[name] = value;
  return { training: training as unknown as TrainingConfig, rest: rest as Omit<T, keyof TrainingConfig> };
}

/** A scalar `loss` and whatever scalars are worth logging; computed on tensors only, for it is compiled. */
export type LossResult = { loss: Tensor } & Record<string, Tensor>;

export interface Task<M = unknown> {
  /** What is trained; updated in place. */
  parameters: ParameterStore;
  /** Inputs of a (micro-)step: a pure function of its number, and always of the same shapes. */
  inputs(step: number): Record<string, HostTensor>;
  loss(weights: Weights, inputs: Record<string, Tensor>, rng: Rng): LossResult;
  /** What the run gives back to be used: it reads `parameters`. */
  model: M;
  /** Called every `evaluateEvery` steps; its numbers are logged under `evaluation`. */
  evaluate?(): Promise<Record<string, number>> | Record<string, number>;
}

export interface PrepareContext {
  training: TrainingConfig;
  /** Root of runs and caches, e.g. `runs`. */
  runsDir: string;
  /** Tells the user what is being prepared. */
  note: (message: string) => void;
}

/** One experiment: a name, everything that decides its outcome, and how to set it up. */
export interface Recipe<M = unknown> {
  name: string;
  /** Plain JSON; with `name` and `training` it is hashed to name the run. */
  config: JsonObject;
  training: TrainingConfig;
  /** Functions written by the user are in it: JSON cannot tell one run from another, so none is taken from the cache. */
  custom: boolean;
  prepare(context: PrepareContext): Promise<Task<M>>;
}
