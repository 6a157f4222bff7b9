/** The losses of both stages with their blocks recomputed: the values and gradients of keeping everything. */
import { describe, expect, test, vi } from 'vitest';
import { stage1Losses, stage2Losses } from '../../packages/core/src/losses';
import { Weights, type Matrix } from '../../packages/core/src/nn';
import {
  compile,
  HalfTensor,
  Rng,
  tf,
  valueAndGradients,
  withRecompute,
  type Tensor,
} from '../../packages/core/src/runtime';
import { loadBlip2 } from '../support/blip2';
import * as stage1 from '../support/stage1';

vi.setConfig({ testTimeout: 600_000 });

type Tensors = Record<string, Tensor>;
type Loss = (w: Weights, rng: Rng) => { loss: Tensor };

const DROPOUT = { hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0.1 };

/** Loss and gradients of a compiled step, in one array each. */
function step(on: boolean, trained: Tensors, lossOf: Loss): Record<string, Float32Array> {
  return tf.tidy(() => {
    const run = compile((weights: Tensors, seed: Tensor) => {
      const loss = () => ({ loss: lossOf(new Weights(weights), new Rng(seed)).loss });
      const { value, gradients } = withRecompute(on, () => valueAndGradients(loss, weights));
      return { ...gradients, loss: value.loss };
    });
    const found = run(trained, tf.tensor1d([3, 4], 'int32'));
    const values = Object.entries(found).map(([name, t]) => [name, t.dataSync<'float32'>().slice()]);
    run.dispose();
    return Object.fromEntries(values) as never;
  });
}

const norm = (values: Float32Array) => Math.hypot(...values);

/** The foundation's rule, with 1e-6 (DESIGN 7). */
function expectEqual(found: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  const all = Math.hypot(...Object.values(expected).map(norm));
  for (const [name, values] of Object.entries(expected)) {
    const difference = norm(values.map((value, i) => value - found[name][i]));
    expect(difference, name).toBeLessThanOrEqual(1e-6 * Math.max(norm(values), 1e-4 * all));
  }
}

test.each([0, 0.1])('stage 1, dropout %f', (rate) => {
  const dropout = { hiddenDropoutProb: rate, attentionProbsDropoutProb: rate };
  const config = { ...stage1.config, qformer: { ...stage1.config.qformer, ...dropout } };
  const loss: Loss = (w, rng) => stage1Losses(w, config, stage1.batch, { rng });
  const kept = step(false, stage1.parameters, loss);
  expectEqual(step(true, stage1.parameters, loss), kept);
});

describe.each(['opt', 't5'] as const)('stage 2, %s', (kind) => {
  const { model, tensors, batches } = loadBlip2(kind);
  const withDropout = { ...model, qformer: { ...model.qformer, ...DROPOUT } };
  const ofStage2 = (trained: (name: string) => boolean, half = false) => {
    const parts = Object.entries(tensors);
    const store = (name: string, tensor: Tensor): Matrix =>
      half && tensor.rank === 2 && name.startsWith('language_model.')
        ? HalfTensor.from(tensor, 'bfloat16')
        : tensor;
    const frozen = parts
      .filter(([name]) => !trained(name))
      .map(([name, t]) => [name, store(name, t)] as const);
    return {
      trained: Object.fromEntries(parts.filter(([name]) => trained(name))),
      frozen: Object.fromEntries(frozen),
    };
  };

  test.each([false, true])('through a frozen language model, in 16 bit: %s', (half) => {
    const { trained, frozen } = ofStage2((name) => name in model.trainableParameters(), half);
    const loss: Loss = (w, rng) => stage2Losses(w.with(frozen), withDropout, batches.prompt, { rng });
    expectEqual(step(true, trained, loss), step(false, trained, loss));
  });

  test('with all of it trained, the vision tower too', () => {
    const pixels = Rng.from(2).normal([
      batches.prompt.image.shape[0],
      model.vision.imageSize,
      model.vision.imageSize,
      3,
    ]);
    const loss: Loss = (w, rng) => {
      const image = model.vision.features(w, pixels);
      return stage2Losses(w, withDropout, { ...batches.prompt, image }, { rng });
    };
    expectEqual(step(true, tensors, loss), step(false, tensors, loss));
  });
});

test('attention maps cannot be had: a loss of one’s own that reads them says so', () => {
  const loss: Loss = (w, rng) => {
    const { outputs } = stage1Losses(w, stage1.config, stage1.batch, { rng });
    return { loss: tf.mean(outputs.crossAttentions[0]) };
  };
  expect(() => step(true, stage1.parameters, loss)).toThrow(/not kept where blocks are recomputed/);
});
