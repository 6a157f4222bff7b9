/** The losses of stage 1: what they ignore, how negatives are drawn, and the objective's options. */
import { describe, expect, test } from 'vitest';
import {
  imageGroundedGeneration,
  imageTextContrastive,
  sampleHardNegatives,
  stage1Losses,
  type Negatives,
} from '../../packages/core/src/losses';
import { Weights } from '../../packages/core/src/nn';
import {
  compile,
  Rng,
  tf,
  valueAndGradients,
  withPrecision,
  type Precision,
  type Tensor,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';
import { batch, config, fixture, negatives, parameters, weights as w } from '../support/stage1';

const value = (x: Tensor | undefined) => x!.dataSync()[0];

describe('imageTextContrastive', () => {
  const images = fixture.tensor('a.image_projection');
  const texts = fixture.tensor('a.text_projection');
  const temperature = tf.scalar(0.2);

  test('ids that all differ are the default', () => {
    const plain = imageTextContrastive(images, texts, temperature);
    const withIds = imageTextContrastive(images, texts, temperature, {
      imageIds: tf.tensor1d([3, 1, 9, 4], 'int32'),
    });
    expect(withIds.loss).toBeAllclose(plain.loss);
  });

  test('stopped or attached: the same value; in one the temperature alone gets the same gradient', () => {
    const run = (gathered: 'stopped' | 'attached') =>
      valueAndGradients(() => imageTextContrastive(images, texts, temperature, { gathered }), {
        images,
        temperature,
      });
    const [stopped, attached] = [run('stopped'), run('attached')];
    expect(value(attached.value.loss)).toBe(value(stopped.value.loss));
    expect(attached.gradients.temperature).toBeAllclose(stopped.gradients.temperature);
    expect(attached.gradients.images).not.toBeAllclose(stopped.gradients.images);
  });

  test('a batch of one', () => {
    const one = imageTextContrastive(images.slice(0, 1), texts.slice(0, 1), temperature);
    expect(one.imageToText.shape).toEqual([1, 1]);
    expect(value(one.loss)).toBe(0);
  });
});

describe('sampleHardNegatives', () => {
  const similarities = { imageToText: fixture.tensor('a.sim_i2t'), textToImage: fixture.tensor('a.sim_t2i') };
  const imageIds = fixture.tensor('in.image_ids');
  const DRAWS = 600;

  function frequencies(ids?: Tensor): Record<keyof Negatives, number[][]> {
    const counts = { images: zeros(), texts: zeros() };
    for (let seed = 0; seed < DRAWS; seed++) {
      const drawn = tf.tidy(() => {
        const { images, texts } = sampleHardNegatives(similarities, Rng.from(seed), ids);
        return { images: images.dataSync(), texts: texts.dataSync() };
      });
      for (const side of ['images', 'texts'] as const)
        drawn[side].forEach((c, r) => (counts[side][r][c] += 1 / DRAWS));
    }
    return counts;
  }
  const zeros = () => Array.from({ length: 4 }, () => [0, 0, 0, 0]);

  test.each([
    ['own pairs are never drawn', undefined, ''],
    ['nor pairs of the same image', imageIds, '_ids'],
  ])('draws by similarity; %s', (_, ids, suffix) => {
    const drawn = frequencies(ids);
    for (const [side, name] of [
      ['images', 'image'],
      ['texts', 'text'],
    ] as const) {
      const expected = fixture.tensor(`a.negative_${name}_weights${suffix}`).arraySync() as number[][];
      expected.forEach((row, r) =>
        row.forEach((p, c) => {
          if (p === 0) expect(drawn[side][r][c], `${side} ${r} ${c}`).toBe(0);
          // four standard deviations of the frequency
          else
            expect(Math.abs(drawn[side][r][c] - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / DRAWS) + 1e-9);
        }),
      );
    }
  });

  test('one seed, one draw', () => {
    const draw = (seed: number) => sampleHardNegatives(similarities, Rng.from(seed));
    expect(draw(3).texts.dataSync()).toEqual(draw(3).texts.dataSync());
    expect(draw(3).images.dtype).toBe('int32');
  });
});

describe('imageGroundedGeneration', () => {
  test('what is padding does not count, neither as a label nor as a logit', () => {
    const logits = fixture.tensor('a.itg_logits').slice([0, 0, 0], [-1, 6, -1]);
    const loss = value(imageGroundedGeneration(logits, batch.textIds, batch.textMask));
    expect(loss).toBeCloseTo(fixture.scalar('l.itg'), 5);
    const real = batch.textMask.slice([0, 1], [-1, 6]).expandDims(2).toFloat(); // of the judged token
    const noise = tf.randomNormal(logits.shape, 0, 1, 'float32', 5).mul(tf.sub(1, real));
    expect(value(imageGroundedGeneration(logits.add(noise), batch.textIds, batch.textMask))).toBe(loss);
    const otherPads = batch.textIds.add(
      tf.mul(tf.sub(tf.scalar(1, 'int32'), batch.textMask), tf.scalar(9, 'int32')),
    );
    expect(value(imageGroundedGeneration(logits, otherPads, batch.textMask))).toBe(loss);
  });
});

describe('stage1Losses', () => {
  test('what has no weight is not there; the total is the weighted sum, weights being tensors or numbers', () => {
    const all = stage1Losses(w, config, batch, { negatives });
    const some = stage1Losses(w, config, batch, { negatives, weights: { itc: tf.scalar(0.5), itg: 2 } });
    expect(some.itm).toBeUndefined();
    expect(some.outputs.matchingLogits).toBeUndefined();
    expect(value(some.loss)).toBeCloseTo(0.5 * value(all.itc) + 2 * value(all.itg), 5);
    expect(Object.keys(stage1Losses(w, config, batch, { negatives, weights: { itm: 1 } }))).not.toContain(
      'itg',
    );
  });

  test('weights are inputs of a compiled step, and so is the seed', () => {
    const step = compile((itc: Tensor, itm: Tensor, seed: Tensor) => {
      const { outputs: _, ...losses } = stage1Losses(w, config, batch, {
        weights: { itc, itm, itg: 1 },
        rng: new Rng(seed),
      });
      return losses;
    });
    for (const [itc, itm, seed] of [
      [1, 1, 1],
      [0.25, 0, 2],
      [0, 3, 2],
    ]) {
      const losses = step(tf.scalar(itc), tf.scalar(itm), tf.tensor1d([seed, 0], 'int32'));
      const eager = stage1Losses(w, config, batch, { rng: Rng.from(seed) });
      expect(value(losses.itm)).toBeCloseTo(value(eager.itm), 5);
      const sum = itc * value(losses.itc) + itm * value(losses.itm) + value(losses.itg);
      expect(value(losses.loss)).toBeCloseTo(sum, 5);
    }
    expect(step.signatures()).toBe(1);
  });

  test('draws negatives with the rng, and says so where there is none', () => {
    const drawn = (seed: number) => value(stage1Losses(w, config, batch, { rng: Rng.from(seed) }).itm);
    expect(drawn(1)).toBe(drawn(1));
    expect(new Set([1, 2, 3, 4].map(drawn)).size).toBeGreaterThan(1);
    expect(() => stage1Losses(w, config, batch)).toThrow('needs an rng');
  });

  test('dropout in training only, and the same for the same seed', () => {
    const qformer = { ...config.qformer, hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0.1 };
    const loss = (training: boolean, seed: number) =>
      value(
        stage1Losses(w, { ...config, qformer }, batch, { rng: Rng.from(seed), training, negatives }).loss,
      );
    expect(loss(false, 1)).toBe(value(stage1Losses(w, config, batch, { negatives }).loss));
    expect(loss(true, 1)).toBe(loss(true, 1));
    expect(loss(true, 1)).not.toBe(loss(true, 2));
    expect(loss(true, 1)).not.toBe(loss(false, 1));
  });

  test('bf16 moves losses and gradients by little', () => {
    const run = (precision: Precision) =>
      withPrecision(precision, () =>
        valueAndGradients(() => stage1Losses(w, config, batch, { negatives }), parameters),
      );
    const [exact, rounded] = [run('fp32'), run('bf16')];
    for (const name of ['itc', 'itm', 'itg'] as const) {
      const change = Math.abs(value(rounded.value[name]) / value(exact.value[name]) - 1);
      expect(change, name).toBeGreaterThan(0);
      expect(change, name).toBeLessThan(0.01);
    }
    const flat = (gradients: Record<string, Tensor>) =>
      tf.concat(Object.values(gradients).map((gradient) => gradient.flatten()));
    const [g, h] = [flat(exact.gradients), flat(rounded.gradients)];
    const change = tf.div(tf.norm(tf.sub(h, g)), tf.norm(g)).dataSync()[0];
    expect(change).toBeGreaterThan(0);
    expect(change).toBeLessThan(0.06); // 0.028 measured; bfloat16 keeps 8 bits
  });

  test('a batch of one trains', () => {
    const row = (x: Tensor) => x.slice(0, 1);
    const one = { image: row(batch.image), textIds: row(batch.textIds), textMask: row(batch.textMask) };
    const { loss } = stage1Losses(w, config, one, { rng: Rng.from(0) });
    expect(Number.isFinite(value(loss))).toBe(true);
  });

  test('values and gradients leave no tensor behind', () => {
    const qformer = { ...config.qformer, hiddenDropoutProb: 0.1, attentionProbsDropoutProb: 0.1 };
    const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
    const step = () =>
      tf.tidy(() => {
        const model = new Weights(parameters);
        valueAndGradients(
          () => stage1Losses(model, { ...config, qformer }, batch, { rng: Rng.from(7) }),
          parameters,
        );
      });
    step();
    const before = held();
    step();
    expect(held()).toEqual(before);
  });
});
