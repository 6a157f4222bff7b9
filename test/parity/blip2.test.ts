/** BLIP-2 assembled, with OPT and with T5, against transformers (test/fixtures/make/blip2.py). */
import { describe, expect, test } from 'vitest';
import { configFromDisk, configToDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { stage2Losses } from '../../packages/core/src/losses';
import {
  BLIP2,
  blip2Family,
  CLIP_VISION,
  FLAN_T5_XL,
  OPT_2_7B,
  softPrompts,
  T5,
  TOWERS,
  type Blip2Config,
} from '../../packages/core/src/models';
import { countParameters } from '../../packages/core/src/nn';
import { compile, tf, valueAndGradients, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { configs, fixture, loadBlip2 } from '../support/blip2';
import { gradientError } from '../support/fixtures';
import { relativeError } from '../support/relativeError';

describe.each(['opt', 't5'] as const)('%s', (kind) => {
  const { config, model, tensors, w, batches } = loadBlip2(kind);
  const trained = Object.fromEntries(
    Object.keys(model.trainableParameters()).map((name) => [name, tensors[name]]),
  );

  test('its parameters are those of transformers', () => {
    const shapes = (of: Record<string, { shape: number[] }>) =>
      Object.fromEntries(Object.entries(of).map(([name, { shape }]) => [name, shape]));
    expect(shapes(model.parameters())).toEqual(shapes(tensors));
  });

  test('soft prompts', () => {
    const found = softPrompts(w, model, batches.prompt.image);
    expect(relativeError(found, fixture.tensor(`${kind}.a.soft_prompts`))).toBeLessThan(2e-4);
  });

  test('larger images have more patches, and as many soft prompts', () => {
    const features = model.vision.features(w, fixture.tensor(`${kind}.in.large_pixels`));
    expect(features.shape[1]).toBeGreaterThan(batches.prompt.image.shape[1]!);
    const found = softPrompts(w, model, features);
    expect(found.shape).toEqual([2, 5, model.language.hiddenSize]);
    expect(relativeError(found, fixture.tensor(`${kind}.a.large_soft_prompts`))).toBeLessThan(2e-4);
  });

  describe.each(['prompt', 'empty'] as const)('%s', (name) => {
    const batch = batches[name];
    const lossAndGradients = (parameters: Record<string, Tensor>) =>
      valueAndGradients(() => {
        const { loss, outputs } = stage2Losses(w.with(parameters), model, batch);
        return { loss, logits: outputs.logits };
      }, parameters);

    test('logits, where the target is real', () => {
      const { logits } = stage2Losses(w, model, batch).outputs;
      const real = logits.mul(tf.expandDims(batch.targetMask.toFloat(), 2));
      expect(relativeError(real, fixture.tensor(`${kind}.a.${name}.logits`))).toBeLessThan(2e-4);
    });

    test.each(['eager', 'compiled'])('loss, and the gradient of all that is trained, %s', (mode) => {
      const step = compile(lossAndGradients);
      const { value, gradients } = mode === 'eager' ? lossAndGradients(trained) : step(trained);
      step.dispose();
      expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`${kind}.l.${name}`), 5);
      const names = fixture.names(`${kind}.g.${name}.`);
      expect(names.sort()).toEqual(Object.keys(gradients).sort());
      const expected = names.map((key) => [key, fixture.values(`${kind}.g.${name}.${key}`)]);
      const worst = gradientError(Object.fromEntries(expected) as never, gradients);
      expect(worst.error, worst.name).toBeLessThanOrEqual(1e-4);
    });
  });

  test('config.json comes back as it was written', () => {
    const written = configToDisk(BLIP2.writeConfig(config) as JsonObject);
    expect(BLIP2.readConfig(configFromDisk(written))).toEqual(config);
    const theirs = configs[kind];
    for (const key of [
      'model_type',
      'num_query_tokens',
      'image_token_index',
      'use_decoder_only_language_model',
    ]) {
      expect(written[key], key).toEqual(theirs[key]);
    }
    for (const part of ['vision_config', 'qformer_config', 'text_config']) {
      const [own, other] = [written[part], theirs[part]] as Record<string, unknown>[];
      // transformers 5 says of every T5 that its head is tied.
      const known = Object.keys(other).filter((key) => key in own && key !== 'tie_word_embeddings');
      expect(known.length).toBeGreaterThan(6);
      for (const key of known) expect(own[key], `${part}.${key}`).toEqual(other[key]);
    }
  });
});

describe("the paper's sizes", () => {
  /** Table 2's trainable parameters (107M, 104M, …), to the last one. */
  const trained = (visionConfig: object, textConfig: object) =>
    BLIP2.build(BLIP2.readConfig({ visionConfig, textConfig, qformerConfig: {} })).trainableParameters();
  const vitL = {
    ...{ modelType: 'clip_vision_model', hiddenSize: 1024, intermediateSize: 4096, numHiddenLayers: 24 },
    ...{ numAttentionHeads: 16, patchSize: 14 },
  };
  const opt = { modelType: 'opt', ...OPT_2_7B };
  const t5 = T5.writeConfig(FLAN_T5_XL);

  test.each([
    ['ViT-g OPT-2.7B', {}, opt, 107_133_696],
    ['ViT-L OPT-2.7B', vitL, opt, 103_593_984],
    ['ViT-g FlanT5-XL', {}, t5, 106_739_968],
    ['ViT-L FlanT5-XL', vitL, t5, 103_200_256],
  ])('%s', (_, vision, text, count) => {
    expect(countParameters(trained(vision, text))).toBe(count);
  });
});

describe('families', () => {
  const { config } = loadBlip2('opt');

  test.each([
    ['vision_model.encoder.layers.0.mlp.fc1.weight', 'vision_model.encoder.layers.0.mlp.fc1.weight'],
    ['vision_model.post_layernorm.bias', 'vision_model.post_layernorm.bias'],
    ['query_tokens', 'query_tokens'],
    ['language_projection.weight', 'language_projection.weight'],
    ['language_model.model.decoder.embed_tokens.weight', 'language_model.model.decoder.embed_tokens.weight'],
    ['language_model.decoder.embed_tokens.weight', 'language_model.model.decoder.embed_tokens.weight'],
    ['language_model.lm_head.weight', 'language_model.model.decoder.embed_tokens.weight'],
  ])('%s in a file is %s', (name, expected) => {
    expect(BLIP2.parameterName!(name, config)).toBe(expected);
  });

  test('what the language model has no use for is passed over', () => {
    const table = 'language_model.decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight';
    expect(BLIP2.parameterName!(table, loadBlip2('t5').config)).toBeUndefined();
  });

  test("LAVIS's epsilon has a field of its own; otherwise it is the vision tower's", () => {
    const read = (json: object) => BLIP2.readConfig(json as Record<string, unknown>).visionLayerNormEps;
    const parts = { textConfig: {}, qformerConfig: {} };
    expect(read({ visionConfig: { layerNormEps: 1e-4 }, ...parts })).toBe(1e-4);
    expect(read({ visionConfig: { layerNormEps: 1e-4 }, visionLayerNormEps: 1e-5, ...parts })).toBe(1e-5);
    expect(read({ visionConfig: {}, ...parts })).toBe(1e-6);
  });

  test('an unknown language model is named, with those that there are', () => {
    const json = configFromDisk({ ...configs.opt, text_config: { model_type: 'llama' } });
    expect(() => BLIP2.readConfig(json)).toThrow('there is no language model of type "llama"');
  });

  test('others may be added, and replace', () => {
    const other = { ...T5, modelType: 'umt5' };
    const family = blip2Family({ ...TOWERS, language: [...TOWERS.language, other] });
    const json = configFromDisk({
      ...configs.t5,
      text_config: { ...(configs.t5.text_config as JsonObject), model_type: 'umt5' },
    });
    const read: Blip2Config = family.readConfig(json);
    expect(family.build(read).language.architecture).toBe('encoder-decoder');
    expect(read.text.modelType).toBe('umt5');
    const clipOnly = blip2Family({ ...TOWERS, vision: [CLIP_VISION] });
    expect(() => clipOnly.readConfig(json)).toThrow('there is no vision model of type "blip_2_vision_model"');
  });
});
