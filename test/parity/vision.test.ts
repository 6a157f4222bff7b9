/** CLIP and EVA's ViT against transformers (test/fixtures/make/clip.py, eva.py). */
import { describe, expect, test } from 'vitest';
import { configFromDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import {
  CLIP,
  clipContrastive,
  EVA_VISION,
  vit,
  VISION_FAMILIES,
  type VitTowerConfig,
} from '../../packages/core/src/models';
import { layerNorm, Weights } from '../../packages/core/src/nn';
import {
  compile,
  linear,
  tf,
  valueAndGradients,
  type HalfType,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';
import { expectGradients, expectNoLeak, expectParameters, expectParity, halved } from '../support/parity';

interface Cases {
  configs: Record<string, JsonObject>;
  other_sides: Record<string, number[]>;
}

/** ‖found − expected‖ / ‖expected‖ */
function distance(found: Tensor, expected: Tensor): number {
  return tf.div(tf.norm(tf.sub(found, expected)), tf.norm(expected)).dataSync()[0];
}

/** Each type's rounding error and what three blocks make of it. */
const HALVES: [HalfType, number, number][] = [
  ['bfloat16', 1e-4, 2e-2],
  ['float16', 1e-5, 2e-3],
];

const isBlockMatrix = (name: string) =>
  /encoder\.layers.*(proj|qkv|projection|fc\d)\.weight$/.test(name) && name.startsWith('vision_model');

/** The blocks with matrices in 16 bit, as frozen towers keep theirs. */
function expectHalves(
  weights: Record<string, Tensor>,
  config: VitTowerConfig,
  pixels: Tensor,
  [dtype, least, most]: (typeof HALVES)[number],
): void {
  const exact = vit(new Weights(weights).scope('vision_model'), config, pixels);
  const rounded = vit(halved(weights, dtype, isBlockMatrix).scope('vision_model'), config, pixels);
  expect(distance(rounded, exact)).toBeGreaterThan(least);
  expect(distance(rounded, exact)).toBeLessThan(most);
}

/** Pictures of another size: features, and the gradient through the positions, eager and compiled. */
function expectOtherSide(
  fixture: Fixture,
  prefix: string,
  weights: Record<string, Tensor>,
  features: (w: Weights, pixels: Tensor) => Tensor,
): void {
  const pixels = fixture.tensor(`${prefix}in.pixels`);
  const incoming = fixture.tensor(`${prefix}in.d_features`);
  const embeddings = Object.fromEntries(fixture.names(`${prefix}g.`).map((name) => [name, weights[name]]));
  const step = () =>
    valueAndGradients(() => {
      const found = features(new Weights(weights), pixels);
      return { loss: tf.sum<Tensor>(tf.mul(found, incoming)), found };
    }, embeddings);
  const compiled = compile(step);
  for (const run of [step, compiled]) {
    const { value, gradients } = run();
    expectParity(value.found, fixture.values(`${prefix}a.features`));
    expectGradients(fixture, `${prefix}g.`, gradients);
  }
  compiled.dispose();
}

const clipFixture = new Fixture('clip');
const clips = clipFixture.config<Cases>();

describe.each(Object.keys(clips.configs))('CLIP: %s', (name) => {
  const fixture = clipFixture;
  const config = CLIP.readConfig(configFromDisk(clips.configs[name]));
  const clip = CLIP.build(config);
  const weights = fixture.tensors(`${name}.w.`);
  const w = new Weights(weights);
  const pixels = fixture.tensor(`${name}.in.pixels`);
  const ids = fixture.tensor(`${name}.in.input_ids`);
  const towerConfig = VISION_FAMILIES.clip.readConfig(configFromDisk(clips.configs[name]));
  const tower = VISION_FAMILIES.clip.build(towerConfig);
  const { numHiddenLayers: layers } = towerConfig;

  test('names and shapes', () => {
    expectParameters(clip.parameters(), weights);
  });

  test('states after every block', () => {
    for (let i = 0; i <= layers; i++) {
      const states = vit(w.scope('vision_model'), config.vision, pixels, { layers: i });
      expectParity(states, fixture.values(`${name}.a.vision.hidden.${i}`), `block ${i}`);
    }
  });

  test('features are the second-to-last states, or the last; either uses all its parameters and no more', () => {
    const last = VISION_FAMILIES.clip.build({ ...towerConfig, visionFeatureLayer: -1 });
    for (const [one, block] of [
      [tower, layers - 1],
      [last, layers],
    ] as const) {
      const own = Object.keys(one.parameters()).map((key) => [key, weights[key]]);
      const features = one.features(new Weights(Object.fromEntries(own) as typeof weights), pixels);
      expectParity(features, fixture.values(`${name}.a.vision.hidden.${block}`));
      expect(Object.keys(one.parameters()).filter((key) => key.includes(`layers.${block}.`))).toEqual([]);
    }
  });

  test.each(clips.other_sides[name])('pictures of %i pixels', (side) => {
    expectOtherSide(fixture, `${name}.side${side}.`, weights, (v, x) => tower.features(v, x));
  });

  test('embeddings of images and texts, their logits', () => {
    const images = clip.image(w, pixels);
    const texts = clip.text(w, ids);
    expectParity(images, fixture.values(`${name}.a.image_embeds`));
    expectParity(texts, fixture.values(`${name}.a.text_embeds`));
    const logits = tf.mul(linear(images, texts), tf.exp(w.get('logit_scale')));
    expectParity(logits, fixture.values(`${name}.a.logits_per_image`));
  });

  test.each(['eager', 'compiled'])('contrastive loss and every gradient, %s', (mode) => {
    const step = () =>
      valueAndGradients(
        () => ({
          loss: clipContrastive(clip.image(w, pixels), clip.text(w, ids), w.get('logit_scale')),
        }),
        { ...weights, pixels },
      );
    const { value, gradients } = mode === 'eager' ? step() : compile(step)();
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`${name}.l.contrastive`), 5);
    expectGradients(fixture, `${name}.g.`, gradients);
  });

  test('what follows the end of a text changes nothing', () => {
    const end = { base: 36, odd: 11, old: 22 }[name]!;
    const [row] = ids.slice([1, 0], [1, -1]).arraySync() as number[][];
    const after = row.indexOf(end) + 1;
    expect(after).toBeLessThan(row.length);
    const changed = tf.tensor2d([row.map((id, i) => (i < after ? id : 7))], undefined, 'int32');
    const same = tf.tensor2d([row], undefined, 'int32');
    expect(clip.text(w, changed).dataSync()).toEqual(clip.text(w, same).dataSync());
  });

  test.each(name === 'base' ? HALVES : [])('features with matrices in %s', (...half) => {
    expectHalves(weights, towerConfig, pixels, half);
  });

  test('nothing is left behind', () => {
    const larger = fixture.tensor(`${name}.side${clips.other_sides[name][0]}.in.pixels`);
    expectNoLeak(() => [clip.image(w, pixels), clip.text(w, ids), tower.features(w, larger)]);
  });
});

const evaFixture = new Fixture('eva');
const evas = evaFixture.config<Cases>();

describe.each(Object.keys(evas.configs))('EVA: %s', (name) => {
  const fixture = evaFixture;
  const config = EVA_VISION.readConfig(configFromDisk(evas.configs[name]));
  const tower = EVA_VISION.build(config);
  const weights = fixture.tensors(`${name}.w.`);
  const w = new Weights(weights);
  const pixels = fixture.tensor(`${name}.in.pixels`);

  /** The last states after the norm that belongs to what reads them, and their gradients. */
  const step = () =>
    valueAndGradients(
      () => {
        const norm = w.scope('vision_model.post_layernorm');
        const states = layerNorm(norm, tower.features(w, pixels), config.layerNormEps);
        const incoming = fixture.tensor(`${name}.in.d_last_hidden_state`);
        return { loss: tf.sum<Tensor>(tf.mul(states, incoming)), states };
      },
      { ...weights, pixels },
    );

  test('names and shapes: all but the norm after the blocks', () => {
    const own = Object.entries(weights).filter(([key]) => !key.includes('post_layernorm'));
    expectParameters(tower.parameters(), Object.fromEntries(own));
  });

  test('states after every block; features are the last ones', () => {
    for (let i = 0; i <= config.numHiddenLayers; i++) {
      const states = vit(w.scope('vision_model'), config, pixels, { layers: i });
      expectParity(states, fixture.values(`${name}.a.hidden.${i}`), `block ${i}`);
    }
    const features = tower.features(w, pixels);
    expectParity(features, fixture.values(`${name}.a.hidden.${config.numHiddenLayers}`));
  });

  test.each(evas.other_sides[name])('pictures of %i pixels', (side) => {
    expectOtherSide(fixture, `${name}.side${side}.`, weights, (v, x) => tower.features(v, x));
  });

  test.each(['eager', 'compiled'])('every gradient, %s', (mode) => {
    const { value, gradients } = mode === 'eager' ? step() : compile(step)();
    expectParity(value.states, fixture.values(`${name}.a.last_hidden_state`));
    expectGradients(fixture, `${name}.g.`, gradients);
  });

  test('keys have no bias: its gradient is zero, its value does not count', () => {
    const bias = 'vision_model.encoder.layers.0.self_attn.qkv.bias';
    const { hiddenSize: width } = config;
    const keys = (x: Tensor) => x.slice([width], [width]).dataSync();
    expect(keys(step().gradients[bias]).every((slope) => slope === 0)).toBe(true);
    const drifted = tf.add(
      weights[bias],
      tf
        .range(0, 3 * width)
        .greaterEqual(width)
        .toFloat(),
    );
    const kept = tf.where(tf.range(0, 3 * width).less(2 * width), drifted, weights[bias]);
    const found = tower.features(new Weights({ ...weights, [bias]: kept }), pixels);
    expect(found.dataSync()).toEqual(tower.features(w, pixels).dataSync());
  });

  test.each(name === 'base' ? HALVES : [])('features with matrices in %s', (...half) => {
    expectHalves(weights, config, pixels, half);
  });

  test('a batch of one gives what it gives among others', () => {
    const alone = tower.features(w, pixels.slice([1], [1]));
    expectParity(alone, tower.features(w, pixels).slice([1], [1]));
  });

  test('images that are not square, or cannot be cut into patches, are refused', () => {
    const { imageSize: side, patchSize } = config;
    expect(() => tower.features(w, tf.zeros([1, side, side + patchSize, 3]))).toThrow('square images');
    expect(() => tower.features(w, tf.zeros([1, side + 1, side + 1, 3]))).toThrow(
      `Images of ${side + 1} × ${side + 1} pixels cannot be cut into patches of ${patchSize}`,
    );
  });

  test('nothing is left behind', () => {
    const larger = fixture.tensor(`${name}.side${evas.other_sides[name][0]}.in.pixels`);
    expectNoLeak(() => [tower.features(w, larger), step()]);
  });
});
