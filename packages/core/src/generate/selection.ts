/**
 * The device's part of a step: from logits to the chosen tokens. What depends on the text so far comes in as short
 * lists of fixed width (see constraints.ts), so that shapes do not wander and no logits leave the device.
 *
 * R rows that grow, B prompts, K beams (R = B · K), V vocabulary, C candidates, M width of a list.
 */
import {
  addToColumns,
  argMax,
  gatherColumns,
  logProbabilities,
  logSoftmax,
  putColumns,
  Rng,
  softmax,
  tf,
  topK,
  type Tensor,
} from '../runtime';

/** What is fixed when a step is compiled. */
export interface Plan {
  mode: 'greedy' | 'sample' | 'beam';
  /** Rows per prompt: beams, or texts drawn. */
  rowsPerPrompt: number;
  /** C: beam: candidates per prompt; sample: tokens drawn among, or undefined for all as they come. */
  candidates: number | undefined;
}

/** What changes from step to step. */
export type StepInputs = {
  seen?: Seen;
  banned?: Banned;
  /** Of the running beams [R, 1]. */
  beamScores?: Tensor;
  sampling?: Sampling;
};

/** Tokens that the text holds already. */
export type Seen = {
  /** int32 [R, M], repetitions allowed. */
  ids: Tensor;
  /** [R, 1]: 1 in a row that has seen nothing. */
  penalty: Tensor;
};

/** Tokens that may not come next. */
export type Banned = {
  /** int32 [R, M] */
  ids: Tensor;
  /** [R, M]: −∞, or 0 to fill up. */
  amounts: Tensor;
};

export type Sampling = {
  /** int32 [2] */
  seed: Tensor;
  temperature: Tensor;
  topP: Tensor;
};

/** Greedy and sample: one token per row, shapes [R]; beam: the best continuations of each prompt, shapes [B, C]. */
export type Chosen = {
  /** int32 */
  tokens: Tensor;
  /** int32, in beam search: which of the prompt's beams each continues. */
  beams?: Tensor;
  /** Log-probability by the model; beam: sum with the beam's score. */
  scores: Tensor;
};

/** @param logits [R, V] */
export function select(plan: Plan, logits: Tensor, inputs: StepInputs): Chosen {
  if (plan.mode === 'beam') return selectCandidates(plan, logits, inputs);
  const allowed = constrain(logits, inputs);
  const tokens = plan.mode === 'greedy' ? argMax(allowed) : draw(allowed, plan.candidates, inputs.sampling!);
  return { tokens, scores: logProbabilities(logits, tokens) };
}

/** The best continuations of all beams of a prompt together; beam search constrains log-probabilities, not logits. */
function selectCandidates({ rowsPerPrompt, candidates }: Plan, logits: Tensor, inputs: StepInputs): Chosen {
  const [rows, vocabulary] = logits.shape as [number, number];
  const sums = tf.add(constrain(logSoftmax(logits), inputs), inputs.beamScores!); // [R, V]
  const perPrompt = sums.reshape([rows / rowsPerPrompt, rowsPerPrompt * vocabulary]); // [B, K · V]
  const { values, indices } = topK(perPrompt, Math.min(candidates!, rowsPerPrompt * vocabulary)); // [B, C]
  const [beams, tokens] = [tf.floorDiv(indices, vocabulary), tf.mod(indices, vocabulary)];
  return { tokens, beams, scores: values };
}

/** One element of each row: x [R, N], columns int32 [R] → [R]. */
const pick = (x: Tensor, columns: Tensor): Tensor => gatherColumns(x, columns.reshape([-1, 1])).reshape([-1]);

/** transformers' order: repetition penalty, then what is banned (n-grams; end tokens while the text is too short). */
function constrain(scores: Tensor, { seen, banned }: StepInputs): Tensor {
  const penalised = seen ? penaliseRepetition(scores, seen) : scores;
  return banned ? addToColumns(penalised, banned.ids, banned.amounts) : penalised;
}

/** Scores below 0 times the penalty, others divided by it, at the tokens seen (Keskar et al., 2019). */
function penaliseRepetition(scores: Tensor, { ids, penalty }: Seen): Tensor {
  const old = gatherColumns(scores, ids); // [R, M]
  const isNegative = tf.less(old, 0);
  const changed = tf.where(isNegative, tf.mul(old, penalty), tf.div(old, penalty));
  return putColumns(scores, ids, changed);
}

/** One token per row [R]. */
function draw(logits: Tensor, count: number | undefined, { seed, ...filters }: Sampling): Tensor {
  const rng = new Rng(seed);
  if (count === undefined) return rng.categorical(tf.div(logits, filters.temperature));
  const { values, ids } = candidatesOf(logits, count, filters);
  return pick(ids, rng.categorical(values));
}

/**
 * What a token is drawn among, by transformers' order of filters: temperature, top-k, top-p.
 * @returns logits [R, C], −∞ where filtered, and their tokens int32 [R, C], the likeliest first
 */
export function candidatesOf(
  logits: Tensor,
  count: number,
  { temperature, topP }: Omit<Sampling, 'seed'>,
): { values: Tensor; ids: Tensor } {
  const { values, indices } = topK(tf.div(logits, temperature), Math.min(count, logits.shape[1]!));
  return { values: keepNucleus(values, topP), ids: indices };
}

/**
 * Top-p (Holtzman et al., 2020): the fewest of the likeliest whose probabilities sum to `topP`, the first always; −∞ for
 * the rest.
 *
 * @param sorted logits [R, C], the largest first
 * @param topP scalar
 */
export function keepNucleus(sorted: Tensor, topP: Tensor): Tensor {
  const before = tf.cumsum(softmax(sorted), 1, true); // probability of all that are likelier
  return tf.where(tf.less(before, topP), sorted, tf.fill(sorted.shape, -Infinity));
}
