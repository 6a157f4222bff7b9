/** What is trained, seen from the trainer: parameters, inputs of a step, a loss. Everything else is the task's own. */
import type { ParameterStore, Rng, Share, Tensor } from '../runtime';
import type { Weights } from '../nn';
import type { HostTensor, JsonObject } from '../checkpoints';
import type { TrainingConfig } from './config';

/** A scalar `loss` and whatever scalars are worth logging; computed on tensors only, for it is compiled. */
export type LossResult = { loss: Tensor } & Record<string, Tensor>;

/** Inputs of a step: from the host, or already on the device, such as features of a frozen tower. */
export type Inputs = Record<string, HostTensor | Tensor>;

/**
 * A loss over examples that are compared with each other, for batches that are too large for one pass (GradCache, Gao et
 * al., 2021): what is compared, the part of the loss that compares, and the rest chunk by chunk. The parts of all chunks
 * and of `compare` add up to the loss of the whole batch. B batch, m rows of a chunk.
 */
export interface ChunkedLoss {
  /** What the examples `rows` (int32 [m]) are compared by: tensors [m, …]. */
  encode(weights: Weights, inputs: Record<string, Tensor>, rows: Tensor, rng: Rng): Record<string, Tensor>;
  /** The part over all encodings [B, …], and what the chunks have to know of each other, through which no gradient flows. */
  compare(
    weights: Weights,
    encoded: Record<string, Tensor>,
    inputs: Record<string, Tensor>,
    rng: Rng,
  ): { losses: LossResult; notes: Record<string, Tensor> };
  /** A chunk's encodings, with the same draws as before, and the rest of its loss. */
  finish(
    weights: Weights,
    inputs: Record<string, Tensor>,
    rows: Tensor,
    notes: Record<string, Tensor>,
    rng: Rng,
  ): { encoded: Record<string, Tensor>; losses: LossResult };
}

/** What the trainer trains: parameters, inputs of each step, a loss. */
export interface Task<M = unknown> {
  /** What is trained; updated in place. */
  parameters: ParameterStore;
  /**
   * Inputs of a (micro-)step: a pure function of its number, and always of the same shapes. They are asked for when the
   * step before is done: what takes long (decoding) reads ahead by itself. Tensors are the trainer's from then on, which
   * disposes of them.
   */
  inputs(step: number): Inputs | Promise<Inputs>;
  loss(weights: Weights, inputs: Record<string, Tensor>, rng: Rng): LossResult;
  /** The same loss in chunks, where it can be had so: for `gradCache`. */
  chunked?: ChunkedLoss;
  /** What the learning rate of a parameter is multiplied with: a constant of the run; 1 unless given. */
  rateScale?(name: string): number;
  /** What the run gives back to be used: it reads `parameters`. */
  model: M;
  /** Called once, when training is over, however it ended: what reads ahead stops. */
  dispose?(): Promise<void> | void;
  /** Held-out batches, for `validate`: inputs as those of a step. */
  validation?: { batches: number; inputs(batch: number): Inputs | Promise<Inputs> };
  /** Called every `evaluateEvery` steps; its numbers are logged under `evaluation`. */
  evaluate?(): Promise<Record<string, number>> | Record<string, number>;
}

export interface PrepareContext {
  training: TrainingConfig;
  /** Which rows of each batch `inputs` gives: of the only worker, unless given, and so all. */
  share?: Share;
  /** Root of runs and caches, e.g. `runs`. */
  runsDir: string;
  /** Tells the user what is being prepared. */
  note: (message: string) => void;
}

/** One experiment: a name, everything that decides its outcome, and how to set it up. */
export interface Recipe<M = unknown> {
  name: string;
  /** Plain JSON; with `name` and `training` it is hashed to name the run, all but `places`: where files lie that may be moved. */
  config: JsonObject;
  training: TrainingConfig;
  /** Functions written by the user are in it: JSON cannot tell one run from another, so none is taken from the cache. */
  custom: boolean;
  prepare(context: PrepareContext): Promise<Task<M>>;
}
