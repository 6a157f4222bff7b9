/** CLIP and EVA's ViT against transformers (test/fixtures/make/clip.py, eva.py). */
import { describe, expect, test } from 'vitest';
import {
  clipContrastive,
  clipImage,
  clipText,
  vit,
  type ClipConfig,
  type VitConfig,
} from '../../packages/core/src/models';
import { layerNorm, Weights, type Matrix } from '../../packages/core/src/nn';
import {
  compile,
  HalfTensor,
  linear,
  tf,
  valueAndGradients,
  type HalfType,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture, gradientError } from '../support/fixtures';

const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };
const VISION = {
  hiddenSize: 20,
  intermediateSize: 44,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  imageSize: 12,
  patchSize: 4,
};

function expectGradients(fixture: Fixture, found: Record<string, Tensor>): void {
  const expected = Object.fromEntries(fixture.names('g.').map((name) => [name, fixture.values(`g.${name}`)]));
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  const worst = gradientError(expected, found);
  expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
}

/** The weights with the blocks' matrices stored in 16 bit, as frozen towers keep theirs. */
function halved(tensors: Record<string, Tensor>, dtype: HalfType): Weights {
  const isMatrix = (name: string) => /encoder\.layers.*(proj|qkv|projection|fc\d)\.weight$/.test(name);
  const entries = Object.entries(tensors).map(([name, tensor]) => [
    name,
    isMatrix(name) ? HalfTensor.from(tensor, dtype) : tensor,
  ]);
  return new Weights(Object.fromEntries(entries) as Record<string, Matrix>);
}

/** ‖found − expected‖ / ‖expected‖ */
function distance(found: Tensor, expected: Tensor): number {
  return tf.div(tf.norm(tf.sub(found, expected)), tf.norm(expected)).dataSync()[0];
}

/** Each type's rounding error and what three blocks make of it. */
const HALVES = [
  ['bfloat16', 1e-4, 2e-2],
  ['float16', 1e-5, 2e-3],
] as const;

describe('CLIP', () => {
  const fixture = new Fixture('clip');
  const config: ClipConfig = {
    vision: { ...VISION, family: 'clip', hiddenAct: 'quick_gelu', layerNormEps: 1e-5 },
    text: {
      family: 'clip',
      hiddenSize: 16,
      intermediateSize: 28,
      numHiddenLayers: 2,
      numAttentionHeads: 2,
      hiddenAct: 'quick_gelu',
      layerNormEps: 1e-5,
      vocabSize: 37,
      maxPositionEmbeddings: 9,
      eosTokenId: 36,
    },
    projectionDim: 13,
    logitScaleInitValue: 2.6592,
  };
  const parameters = fixture.tensors('w.');
  const w = new Weights(parameters);
  const pixels = fixture.tensor('in.pixels');
  const ids = fixture.tensor('in.input_ids');

  test.each([0, 1, 2, 3])('features after %i blocks', (layers) => {
    const features = vit(w.scope('vision_model'), config.vision, pixels, { layers });
    expect(features).toBeAllclose(fixture.values(`a.vision.hidden.${layers}`), TOLERANCE);
  });

  test.each(HALVES)('features with matrices in %s', (dtype, least, most) => {
    const exact = vit(w.scope('vision_model'), config.vision, pixels);
    const rounded = vit(halved(parameters, dtype).scope('vision_model'), config.vision, pixels);
    expect(distance(rounded, exact)).toBeGreaterThan(least);
    expect(distance(rounded, exact)).toBeLessThan(most);
  });

  test('embeddings of images and texts, their logits', () => {
    const images = clipImage(w, config, pixels);
    const texts = clipText(w, config, ids);
    expect(images).toBeAllclose(fixture.values('a.image_embeds'), TOLERANCE);
    expect(texts).toBeAllclose(fixture.values('a.text_embeds'), TOLERANCE);
    const logits = tf.mul(linear(images, texts), tf.exp(w.get('logit_scale')));
    expect(logits).toBeAllclose(fixture.values('a.logits_per_image'), TOLERANCE);
  });

  test.each(['eager', 'compiled'])('contrastive loss and every gradient, %s', (mode) => {
    const step = () =>
      valueAndGradients(
        () => ({
          loss: clipContrastive(clipImage(w, config, pixels), clipText(w, config, ids), w.get('logit_scale')),
        }),
        { ...parameters, pixels },
      );
    const { value, gradients } = mode === 'eager' ? step() : compile(step)();
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar('l.contrastive'), 5);
    expectGradients(fixture, gradients);
  });

  test('what follows the end of a text changes nothing', () => {
    const [row] = ids.slice([1, 0], [1, -1]).arraySync() as number[][];
    const after = row.indexOf(36) + 1;
    expect(after).toBeLessThan(row.length);
    const changed = tf.tensor2d([row.map((id, i) => (i < after ? id : 7))], undefined, 'int32');
    const same = tf.tensor2d([row], undefined, 'int32');
    expect(clipText(w, config, changed).dataSync()).toEqual(clipText(w, config, same).dataSync());
  });
});

describe('EVA', () => {
  const fixture = new Fixture('eva');
  const config: VitConfig = { ...VISION, family: 'eva', hiddenAct: 'gelu', layerNormEps: 1e-6 };
  const parameters = fixture.tensors('w.');
  const w = new Weights(parameters);
  const pixels = fixture.tensor('in.pixels');

  test.each([0, 1, 2, 3])('features after %i blocks', (layers) => {
    const features = vit(w.scope('vision_model'), config, pixels, { layers });
    expect(features).toBeAllclose(fixture.values(`a.hidden.${layers}`), TOLERANCE);
  });

  test.each(HALVES)('features with matrices in %s', (dtype, least, most) => {
    const exact = vit(w.scope('vision_model'), config, pixels);
    const rounded = vit(halved(parameters, dtype).scope('vision_model'), config, pixels);
    expect(distance(rounded, exact)).toBeGreaterThan(least);
    expect(distance(rounded, exact)).toBeLessThan(most);
  });

  test('an image of another size is refused', () => {
    const larger = tf.zeros([1, 16, 16, 3]);
    expect(() => vit(w.scope('vision_model'), config, larger)).toThrow('12 × 12 pixels, not [1,16,16,3]');
  });

  test('a batch of one gives what it gives among others', () => {
    const vision = w.scope('vision_model');
    const all = vit(vision, config, pixels);
    const alone = vit(vision, config, pixels.slice([1], [1]));
    expect(alone).toBeAllclose(all.slice([1], [1]), TOLERANCE);
  });

  test('every gradient', () => {
    const vision = w.scope('vision_model');
    const { gradients } = valueAndGradients(
      () => {
        const states = layerNorm(vision.scope('post_layernorm'), vit(vision, config, pixels), 1e-6);
        return { loss: tf.sum<Tensor>(tf.mul(states, fixture.tensor('in.d_last_hidden_state'))) };
      },
      { ...parameters, pixels },
    );
    expectGradients(fixture, gradients);
  });
});
