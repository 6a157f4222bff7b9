/**
 * A small recurrent language model as a `Sequencer`, and the same arithmetic in plain TypeScript, one text at a time.
 * B prompts, R rows, P prompt positions, D width, V vocabulary.
 */
import { TokenGenerator } from '../../packages/core/src/generate';
import type { Beginning, Feed, Sequencer, Step } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { embedding, gatherRows, matmul, Rng, tf, type Tensor } from '../../packages/core/src/runtime';

export const V = 13;
export const EOS = 2;
export const PAD = 1;
const D = 6;

export type ToyPrompt = {
  /** int32 [B, P] */
  ids: Tensor;
  /** [B, P], 0 on padding */
  mask: Tensor;
};

const rng = Rng.from(48);
const tensors = {
  embeddings: rng.normal([V, D], 1.6),
  recurrence: rng.normal([D, D], 0.7),
  context: rng.normal([D, D], 0.5),
  output: rng.normal([D, V], 1.1),
};
export const weights = new Weights(tensors);

/** A step: state [R, D] and what is read from the prompt [R, D]. */
function next(w: Weights, state: Tensor, prompt: Tensor, tokens: Tensor): Step {
  const read = matmul(prompt, w.get('context'));
  const input = embedding(w.get('embeddings'), tokens);
  const h = tf.tanh(tf.addN([matmul(state, w.get('recurrence')), input, read]));
  return { cache: { h }, logits: matmul(h, w.get('output')) };
}

/** The rows of a prompt after one another: [B, D] → [B · K, D]. */
const spread = (x: Tensor, rowsPerPrompt: number): Tensor =>
  x.expandDims(1).tile([1, rowsPerPrompt, 1]).reshape([-1, x.shape[1]!]);

/** The row whose state each goes on from [R]: that of the token before; at the first token its own. */
function parents({ tokens, position, origins }: Feed): Tensor {
  const itself = tf.range(0, tokens.shape[0], 1, 'int32');
  if (!origins) return itself;
  const columns = tf.concat([itself.expandDims(1), origins], 1).transpose();
  return gatherRows(columns, position);
}

export const toy: Sequencer<ToyPrompt> = {
  begin(w, { ids, mask }, { rowsPerPrompt }): Beginning {
    const words = embedding(w.get('embeddings'), ids).mul(mask.toFloat().expandDims(2)); // [B, P, D]
    const prompt = words.sum(1).div(mask.toFloat().sum(1, true)); // [B, D]
    const state = tf.zeros(prompt.shape);
    const start = tf.zeros([prompt.shape[0]], 'int32');
    const { cache, logits } = next(w, state, prompt, start);
    const { h } = cache as { h: Tensor };
    return { memory: { prompt }, cache: { h: spread(h, rowsPerPrompt) }, logits };
  },
  step(w, memory, cache, feed): Step {
    const { h } = cache as { h: Tensor };
    const { prompt } = memory as { prompt: Tensor };
    const states = gatherRows(h, parents(feed));
    return next(w, states, spread(prompt, h.shape[0] / prompt.shape[0]), feed.tokens);
  },
};

export const generator = () => new TokenGenerator(toy, weights, { eosTokenId: EOS, padTokenId: PAD });

/** Prompts of different lengths, padded on the right. */
export function promptOf(texts: readonly number[][], length = Math.max(...texts.map((t) => t.length))) {
  const pad = <T>(text: T[], filler: T) => [...text, ...new Array<T>(length - text.length).fill(filler)];
  const shape: [number, number] = [texts.length, length];
  return {
    ids: tf.tensor2d(texts.flatMap((text) => pad(text, PAD)), shape, 'int32'), // prettier-ignore
    mask: tf.tensor2d(texts.flatMap((text) => pad(text.map(() => 1), 0)), shape, 'int32'), // prettier-ignore
  };
}

export const PROMPTS = [[3, 4, 5], [6], [7, 8, 9, 10], [11, 12], [5, 5, 4, 9, 3], [0, 8], [12, 12, 7]];

const plain = Object.fromEntries(
  Object.entries(tensors).map(([name, tensor]) => [name, tensor.arraySync() as number[][]]),
) as Record<keyof typeof tensors, number[][]>;

const times = (vector: number[], matrix: number[][]): number[] =>
  matrix[0].map((_, j) => vector.reduce((sum, value, i) => sum + value * matrix[i][j], 0));

/** Logits of the token after `text`, given the prompt, in double precision. */
export function logitsAfter(prompt: readonly number[], text: readonly number[]): number[] {
  const mean = plain.embeddings[0].map(
    (_, d) => prompt.reduce((sum, id) => sum + plain.embeddings[id][d], 0) / prompt.length,
  );
  const read = times(mean, plain.context);
  const state = [0, ...text].reduce<number[]>((h, token) => {
    const recurrent = times(h, plain.recurrence);
    return recurrent.map((value, d) => Math.tanh(value + plain.embeddings[token][d] + read[d]));
  }, new Array<number>(D).fill(0));
  return times(state, plain.output);
}

export function logSoftmaxOf(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return logits.map((x) => x - total);
}

/** Log-probability of a text. */
export const logProbability = (prompt: readonly number[], text: readonly number[]): number =>
  text.reduce((sum, token, i) => sum + logSoftmaxOf(logitsAfter(prompt, text.slice(0, i)))[token], 0);

export const argMaxOf = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/** The tokens of each prompt's first text. */
export const firstTexts = (texts: readonly (readonly { tokenIds: number[] }[])[]): number[][] =>
  texts.map(([first]) => first.tokenIds);

/** Greedy search with a rule that changes the logits. */
export function greedyReference(
  prompt: readonly number[],
  maxNewTokens: number,
  rule: (logits: number[], text: readonly number[]) => number[] = (logits) => logits,
): number[] {
  const text: number[] = [];
  while (text.length < maxNewTokens && text[text.length - 1] !== EOS) {
    text.push(argMaxOf(rule(logitsAfter(prompt, text), text)));
  }
  return text;
}
