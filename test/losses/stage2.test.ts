/** Stage 2: what its loss counts, and what its steps change. Values and gradients: test/parity/blip2.test.ts. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { languageModeling, stage2Losses, type Stage2Batch } from '../../packages/core/src/losses';
import { softPrompts } from '../../packages/core/src/models';
import type { Matrix, Weights } from '../../packages/core/src/nn';
import {
  compile,
  HalfTensor,
  logSoftmax,
  ParameterStore,
  Rng,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import { TrainingStep } from '../../packages/core/src/train/step';
import '../support/allclose';
import { loadBlip2 } from '../support/blip2';
import { TINY } from '../train/tinyTask';

const value = (x: Tensor) => x.dataSync()[0];
const int32 = (rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');

describe('languageModeling', () => {
  const logits = Rng.from(1).normal([2, 3, 7]);
  const target = { ids: int32([[4, 0, 6], [1, 5, 2]]), mask: int32([[1, 1, 1], [1, 0, 0]]) }; // prettier-ignore

  test('a mean over tokens, not over texts', () => {
    const logProbabilities = logSoftmax(logits).arraySync() as number[][][];
    const judged = [logProbabilities[0][0][4], logProbabilities[0][1][0], logProbabilities[0][2][6]];
    const mean = [...judged, logProbabilities[1][0][1]].reduce((sum, x) => sum - x / 4, 0);
    expect(value(languageModeling(logits, target))).toBeCloseTo(mean, 5);
  });

  test('what is not judged has no influence, whatever its id', () => {
    const other = int32([[4, 0, 6], [1, -1, 99]]); // prettier-ignore
    expect(value(languageModeling(logits, { ...target, ids: other }))).toBe(
      value(languageModeling(logits, target)),
    );
  });
});

/** The frozen part: everything that the fixture has and stage 2 does not train; in 16 bit where it is a matrix. */
function frozenPart(kind: 'opt' | 't5', half: boolean): Record<string, Matrix> {
  const { model, tensors } = loadBlip2(kind);
  const trained = model.trainableParameters();
  const frozen = Object.entries(tensors).filter(([name]) => !(name in trained));
  const stored = frozen.map(([name, tensor]) => {
    const isHalved = half && tensor.rank === 2 && name.startsWith('language_model.');
    return [name, isHalved ? HalfTensor.from(tensor, 'bfloat16') : tensor] as const;
  });
  return Object.fromEntries(stored);
}

function hash(tensors: Record<string, Matrix>): string {
  const sha = createHash('sha256');
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = tensor instanceof HalfTensor ? tensor.bytes() : tensor.dataSync<'float32'>().slice().buffer;
    sha.update(name).update(new Uint8Array(bytes));
  }
  return sha.digest('hex');
}

describe.each(['opt', 't5'] as const)('%s', (kind) => {
  const { model, w, batches, tensors } = loadBlip2(kind);
  const batch = batches.prompt;
  const loss = (changes: Partial<Stage2Batch> = {}) =>
    value(stage2Losses(w, model, { ...batch, ...changes }).loss);

  test('padding has no influence, whatever its ids', () => {
    const changed = (ids: Tensor, mask: Tensor) => tf.where(mask.toBool(), ids, tf.scalar(3, 'int32'));
    const other = {
      promptIds: changed(batch.promptIds!, batch.promptMask!),
      targetIds: changed(batch.targetIds, batch.targetMask),
    };
    expect(loss(other)).toBeCloseTo(loss(), 6);
  });

  test('without a mask all of the prompt is read', () => {
    const ones = tf.onesLike(batch.promptMask!);
    expect(loss({ promptMask: undefined })).toBe(loss({ promptMask: ones }));
    expect(loss({ promptMask: undefined })).not.toBeCloseTo(loss(), 3);
  });

  test('as many soft prompts for few patches as for many', () => {
    const [size, , width] = batch.image.shape;
    for (const patches of [1, 4, 37]) {
      const features = Rng.from(patches).normal([size, patches, width]);
      expect(softPrompts(w, model, features).shape).toEqual([size, 5, model.language.hiddenSize]);
    }
  });

  test("dropout is the Q-Former's and the language model's, from one seed the same", () => {
    const dropped = (seed: number) => stage2Losses(w, model, batch, { rng: Rng.from(seed) });
    expect(value(dropped(1).loss)).toBe(value(dropped(1).loss));
    expect(value(dropped(1).loss)).not.toBe(value(dropped(2).loss));
    const { outputs } = dropped(1);
    const exact = stage2Losses(w, model, batch).outputs;
    expect(outputs.softPrompts).not.toBeAllclose(exact.softPrompts, { rtol: 1e-2, atol: 1e-2 });
    // The same soft prompts, with the language model's dropout and without.
    const still = {
      ...model,
      qformer: { ...model.qformer, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 },
    };
    const own = stage2Losses(w, still, batch, { rng: Rng.from(1) }).outputs;
    expect(own.softPrompts).toBeAllclose(exact.softPrompts, { rtol: 0, atol: 0 });
    expect(own.logits).not.toBeAllclose(exact.logits, { rtol: 1e-2, atol: 1e-2 });
  });

  describe.each([
    ['float32', false],
    ['bfloat16', true],
  ])('frozen matrices in %s', (_, half) => {
    test('training steps change what is trained, and no bit of what is not', async () => {
      const frozen = frozenPart(kind, half);
      const before = hash(frozen);
      const parameters = ParameterStore.create(model.trainableParameters(), 1);
      const start = parameters.snapshot();
      const host = (tensor: Tensor) => ({ shape: tensor.shape, data: tensor.dataSync() as Int32Array });
      const inputs = Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, host(tensor)]));
      const task = {
        parameters,
        model: undefined,
        inputs: () => inputs,
        loss: (trained: Weights, x: Record<string, Tensor>, rng: Rng) => ({
          loss: stage2Losses(trained.with(frozen), model, x as Stage2Batch, { rng }).loss,
        }),
      };
      const step = new TrainingStep(task, { ...TINY, learningRate: 0.01, warmupSteps: 0 });
      const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
      const exactLoss = () =>
        tf.tidy(
          () => stage2Losses(w.with({ ...frozen, ...parameters.readAll() }), model, batch).loss.dataSync()[0],
        );
      const first = exactLoss();
      for (const i of [0, 1]) await step.run(i);
      const inUse = held();
      for (let i = 2; i < TINY.steps; i++) await step.run(i);
      expect(held()).toEqual(inUse);
      expect(exactLoss()).toBeLessThan(first - 0.1);
      expect(hash(frozen)).toBe(before);
      const after = parameters.snapshot();
      // A key's bias has no gradient: it shifts all scores of a row alike.
      const names = Object.keys(start).filter((name) => !name.endsWith('key.bias'));
      for (const name of names) expect(after[name].data, name).not.toEqual(start[name].data);
      expect(step.signatures()).toBe(2);
      step.dispose();
      parameters.dispose();
    });

    test('the gradient goes through them', () => {
      const frozen = frozenPart(kind, half);
      const projection = tensors['language_projection.weight'];
      const gradient = (weights: Weights) =>
        valueAndGradients(() => ({ loss: stage2Losses(weights, model, batch).loss }), { projection })
          .gradients.projection;
      const [found, exact] = [gradient(w.with(frozen)), gradient(w)];
      const error = value(tf.norm(tf.sub(found, exact)).div(tf.norm(exact)));
      expect(error).toBeLessThan(half ? 0.1 : 1e-6);
      expect(value(tf.norm(found))).toBeGreaterThan(0.01);
    });
  });
});

test("a prompt's tokens may as well stand in the target, unjudged (LAVIS's way with OPT)", () => {
  const { model, w, batches } = loadBlip2('opt');
  const { image, targetIds, targetMask } = batches.empty;
  const promptIds = int32(Array.from({ length: image.shape[0] }, () => [2, 9, 17]));
  const apart = stage2Losses(w, model, { image, promptIds, targetIds, targetMask });
  const together = stage2Losses(w, model, {
    image,
    targetIds: tf.concat([promptIds, targetIds], 1),
    targetMask: tf.concat([tf.zerosLike(promptIds), targetMask], 1),
  });
  expect(together.loss).toBeAllclose(apart.loss);
});

test('compiled: equal to eager, without dropout', () => {
  const { model, w, batches } = loadBlip2('t5');
  const { promptMask, promptIds, ...rest } = batches.prompt;
  const inputs = { ...rest, promptIds: promptIds!, promptMask: promptMask! };
  const compiled = compile((batch: typeof inputs) => stage2Losses(w, model, batch).loss);
  expect(compiled(inputs)).toBeAllclose(stage2Losses(w, model, inputs).loss);
  compiled.dispose();
});
