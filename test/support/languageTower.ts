/**
 * What BLIP-2, its trainer and generation rely on in every language model: the contract of LanguageTower, tried with
 * weights and prompts of the caller's.
 */
import { expect, test } from 'vitest';
import type { Feed, LanguageTower, Prompt } from '../../packages/core/src/models';
import { takeBatch, Weights, type Matrix } from '../../packages/core/src/nn';
import {
  compile,
  gatherRows,
  HalfTensor,
  softmaxCrossEntropy,
  tf,
  valueAndGradients,
  type Tensor,
  type TensorTree,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import './allclose';
import { relativeError } from './relativeError';

export interface TowerCase {
  tower: LanguageTower;
  weights: Record<string, Tensor>;
  /** Padded in different places. */
  prompt: Prompt;
  /** int32 [B, T] */
  target: Tensor;
}

const SAME = 2e-5;
const int32 = (numbers: number[]) => tf.tensor1d(numbers, 'int32');

const row = (prompt: Prompt, b: number) => ({
  embeddings: prompt.embeddings.slice([b], [1]),
  mask: prompt.mask.slice([b], [1]),
});

const repeated = (prompt: Prompt, rows: Tensor): Prompt => ({
  embeddings: takeBatch(prompt.embeddings, rows),
  mask: takeBatch(prompt.mask.toFloat(), rows).toInt(),
});

/** Column t of [B, T] → [B]; of [B, T, V] → [B, V]. */
const at = (x: Tensor, t: number): Tensor => tf.unstack(x, 1)[t];

/** The prompt of each row, where each has `rowsPerPrompt`. */
const promptsOf = (batch: number, rowsPerPrompt: number): Tensor =>
  int32(Array.from({ length: batch * rowsPerPrompt }, (_, r) => Math.floor(r / rowsPerPrompt)));

/** What a step takes in: column t of the target. */
const feedAt = (target: Tensor, t: number): Feed => ({
  tokens: at(target, t),
  position: tf.scalar(t, 'int32'),
});

/** Logits of every target token by `begin` and `step`: targets [R, T] of prompts that share it evenly → [R, T, V]. */
function tokenByToken(tower: LanguageTower, w: Weights, prompt: Prompt, target: Tensor): Tensor {
  const [rows, length] = target.shape as [number, number];
  const [batch] = prompt.mask.shape;
  const rowsPerPrompt = rows / batch;
  const begun = tower.begin(w, prompt, { tokens: length, rowsPerPrompt });
  let { cache } = begun;
  const logits = [takeBatch(begun.logits, promptsOf(batch, rowsPerPrompt))];
  for (let t = 0; t + 1 < length; t++) {
    const next = tower.step(w, begun.memory, cache, feedAt(target, t));
    cache = next.cache;
    logits.push(next.logits);
  }
  return tf.stack(logits, 1);
}

export function languageTowerContract({ tower, weights, prompt, target }: TowerCase): void {
  const w = new Weights(weights);
  const [batch, length] = target.shape as [number, number];
  const all = tf.keep(tower.logits(w, prompt, target)); // [B, T, V]

  test('its parameters are those of the weights', () => {
    const specs = Object.entries(tower.parameters()).map(([name, { shape }]) => [name, shape]);
    const given = Object.entries(weights).map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(specs)).toEqual(Object.fromEntries(given));
  });

  test('token by token is teacher forcing', () => {
    expect(relativeError(tokenByToken(tower, w, prompt, target), all)).toBeLessThan(SAME);
  });

  test('a target of one token', () => {
    const first = tower.logits(w, prompt, target.slice([0, 0], [batch, 1]));
    expect(relativeError(first, all.slice([0, 0, 0], [batch, 1, -1]))).toBeLessThan(SAME);
  });

  test('what stands later in the target has no influence', () => {
    const swapped = tf.concat([target.slice([0, 0], [batch, 2]), tf.reverse(target, 1)], 1);
    const both = tower.logits(w, prompt, swapped).slice([0, 0, 0], [batch, 3, -1]);
    expect(relativeError(both, all.slice([0, 0, 0], [batch, 3, -1]))).toBeLessThan(SAME);
  });

  test('each prompt alone gives what it gives among others', () => {
    for (let b = 0; b < batch; b++) {
      const alone = tower.logits(w, row(prompt, b), target.slice([b], [1]));
      expect(relativeError(alone, all.slice([b], [1])), `prompt ${b}`).toBeLessThan(SAME);
    }
  });

  test('what stands in padding has no influence, to the bit', () => {
    const noise = tf.expandDims(tf.sub(1, prompt.mask.toFloat()), 2).mul(3);
    const other = tower.logits(w, { ...prompt, embeddings: prompt.embeddings.add(noise) }, target);
    expect(other.dataSync()).toEqual(all.dataSync());
  });

  test.runIf(tower.architecture === 'decoder-only')('padding can as well be left out', () => {
    const mask = prompt.mask.arraySync() as number[][];
    for (let b = 0; b < batch; b++) {
      const real = int32(mask[b].flatMap((isReal, p) => (isReal ? [p] : [])));
      const alone = row(prompt, b);
      const columns = takeBatch(tf.transpose(alone.embeddings, [1, 0, 2]), real); // [real, 1, D]
      const short = { embeddings: tf.transpose(columns, [1, 0, 2]), mask: tf.ones([1, real.size], 'int32') };
      const found = tower.logits(w, short, target.slice([b], [1]));
      expect(relativeError(found, all.slice([b], [1])), `prompt ${b}`).toBeLessThan(SAME);
    }
  });

  test('beams share the memory of their prompt, and go on from one another', () => {
    const beams = 3;
    const rows = promptsOf(batch, beams);
    // Each beam goes on with a target of its own.
    const shifted = Array.from({ length: beams }, (_, k) =>
      target.add(tf.scalar(k, 'int32')).mod(tower.vocabSize),
    );
    const targets = tf
      .stack(shifted, 1)
      .reshape([batch * beams, length])
      .toInt();
    const expected = tower.logits(w, repeated(prompt, rows), targets);
    expect(relativeError(tokenByToken(tower, w, prompt, targets), expected)).toBeLessThan(SAME);

    // After the first token every prompt's beams go on from its last one, after the second each from the one before it.
    const begun = tower.begin(w, prompt, { tokens: length, rowsPerPrompt: beams });
    const first = (r: number) => r - (r % beams);
    const parents = [
      (r: number) => first(r) + beams - 1,
      (r: number) => first(r) + ((r + beams - 1) % beams),
    ];
    let { cache } = begun;
    let origins = Array.from({ length: batch * beams }, (_, r) => [r]);
    for (let t = 0; t < 3; t++) {
      if (t > 0) origins = origins.map((_, r) => [...origins[parents[t - 1](r)], r]);
      const table = origins.map((known) => [...known, ...new Array<number>(length - 1 - t).fill(0)]);
      const feed = { ...feedAt(targets, t), origins: tf.tensor2d(table, undefined, 'int32') };
      const next = tower.step(w, begun.memory, cache, feed);
      cache = next.cache;
      const history = origins[0].map((_, n) =>
        gatherRows(at(targets, n), int32(origins.map((known) => known[n]))),
      );
      const forced = tower.logits(w, repeated(prompt, rows), tf.stack([...history, at(targets, t + 1)], 1));
      expect(relativeError(next.logits, at(forced, t + 1)), `token ${t + 1}`).toBeLessThan(SAME);
    }
  });

  test('compiled: the same, and a step is compiled once', () => {
    const begin = compile((p: Prompt) => {
      const { memory, cache, logits } = tower.begin(w, p, { tokens: length, rowsPerPrompt: 1 });
      return { memory, cache, logits };
    });
    const step = compile((memory: TensorTree, cache: TensorTree, feed: Feed) => ({
      ...tower.step(w, memory, cache, feed),
    }));
    const begun = begin(prompt);
    let cache: TensorTree = begun.cache;
    expect(relativeError(begun.logits, at(all, 0))).toBeLessThan(SAME);
    for (let t = 0; t + 1 < length; t++) {
      const next = step(begun.memory, cache, feedAt(target, t));
      expect(relativeError(next.logits, at(all, t + 1)), `token ${t + 1}`).toBeLessThan(SAME);
      cache = next.cache;
    }
    expect([begin.signatures(), step.signatures()]).toEqual([1, 1]);
    begin.dispose();
    step.dispose();
  });

  /** Loss over all target tokens, and its gradient with respect to the prompt. */
  const lossAndGradient = (frozen: Weights, embeddings: Tensor) =>
    valueAndGradients(
      () => {
        const logits = tower.logits(frozen, { ...prompt, embeddings }, target);
        return { loss: softmaxCrossEntropy(logits.reshape([-1, tower.vocabSize]), target.reshape([-1])) };
      },
      { embeddings },
    );

  test('compiled: the gradient into the prompt too', () => {
    const eager = lossAndGradient(w, prompt.embeddings);
    const step = compile((embeddings: Tensor) => {
      const { value, gradients } = lossAndGradient(w, embeddings);
      return { loss: value.loss, gradient: gradients.embeddings };
    });
    const compiled = step(prompt.embeddings);
    expect(compiled.loss).toBeAllclose(eager.value.loss);
    expect(relativeError(compiled.gradient, eager.gradients.embeddings)).toBeLessThan(SAME);
    expect(relativeError(tf.zerosLike(compiled.gradient), compiled.gradient)).toBe(1); // it is not zero
    step.dispose();
  });

  test('matrices stored as bfloat16: close, in every use', () => {
    const entries = Object.entries(weights).map(([name, tensor]) => [
      name,
      tensor.rank === 2 ? HalfTensor.from(tensor, 'bfloat16') : tensor,
    ]);
    const half = new Weights(Object.fromEntries(entries) as Record<string, Matrix>);
    const logits = tower.logits(half, prompt, target);
    expect(relativeError(logits, all)).toBeLessThan(0.1);
    expect(relativeError(logits, all)).toBeGreaterThan(1e-4); // they were rounded
    expect(relativeError(tokenByToken(tower, half, prompt, target), all)).toBeLessThan(0.1);
    const [found, exact] = [half, w].map((frozen) => lossAndGradient(frozen, prompt.embeddings).gradients);
    expect(
      tf.norm(tf.sub(found.embeddings, exact.embeddings)).div(tf.norm(exact.embeddings)).dataSync()[0],
    ).toBeLessThan(0.2);
  });

  test('nothing is left behind', () => {
    const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
    const everything = () =>
      tf.tidy(() => {
        tokenByToken(tower, w, prompt, target);
        lossAndGradient(w, prompt.embeddings);
      });
    everything();
    const before = held();
    everything();
    expect(held()).toEqual(before);
  });
}
