/** Vision towers from model folders of every kind. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  configFromDisk,
  savePretrained,
  SafetensorsFile,
  writeSafetensors,
  type JsonObject,
} from '../../packages/core/src/checkpoints';
import { loadVisionTower, visionTowerHash, type VisionTowerOptions } from '../../packages/core/src/data';
import { CLIP, CLIP_VISION, EVA_VISION, VISION_FAMILIES } from '../../packages/core/src/models';
import { tf } from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import { Fixture } from '../support/fixtures';
import { expectParity } from '../support/parity';
import { relativeError } from '../support/relativeError';

type Configs = { configs: Record<string, JsonObject> };

const folder = () => mkdtempSync(join(tmpdir(), 'blip2-vision-'));
const clip = new Fixture('clip');
const eva = new Fixture('eva');
const clipJson = clip.config<Configs>().configs.base;
const evaJson = eva.config<Configs>().configs.base;
const clipPixels = clip.tensor('base.in.pixels');
const evaPixels = eva.tensor('base.in.pixels');

/** A folder with this config.json, and the tensors of a fixture under names made of theirs. */
function write(config: JsonObject, fixture: Fixture, rename: (name: string) => string): string {
  const dir = folder();
  const tensors = fixture.names('base.w.').map((name) => [rename(name), fixture.values(`base.w.${name}`)]);
  writeSafetensors(join(dir, 'model.safetensors'), Object.fromEntries(tensors) as never);
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
  return dir;
}

const same = (name: string) => name;
const bare = (name: string) => name.replace('vision_model.', '');
const clipDir = write({ model_type: 'clip', ...clipJson }, clip, same);
const evaConfig = { model_type: 'blip_2_vision_model', ...evaJson };
const evaDir = write(evaConfig, eva, bare);

describe('folders', () => {
  const visionConfig = clipJson.vision_config as JsonObject;

  test.each([
    ['a CLIP', clipDir],
    [
      'the vision half of a CLIP, saved by transformers 4',
      write({ model_type: 'clip_vision_model', ...visionConfig }, clip, (name) =>
        // Its class has nothing but the tower and, in one variant, the projection.
        /^(vision_model|visual_projection)/.test(name) ? name : `vision_model.embeddings.position_ids`,
      ),
    ],
    [
      'a BLIP-2 with CLIP in it',
      write(
        { model_type: 'blip-2', vision_config: { model_type: 'clip_vision_model', ...visionConfig } },
        clip,
        same,
      ),
    ],
  ])('%s: the second-to-last states', (_, dir) => {
    const tower = loadVisionTower(dir);
    expect(tower).toMatchObject({ imageSize: 12, patchSize: 4, hiddenSize: 20 });
    expectParity(tower.encode(clipPixels), clip.values('base.a.vision.hidden.2'));
    tower.dispose();
  });

  test.each([
    ['EVA on its own', evaDir],
    ['in a BLIP-2', write({ model_type: 'blip-2', vision_config: { ...evaJson } }, eva, same)],
  ])('%s: the last states', (_, dir) => {
    const tower = loadVisionTower(dir);
    expectParity(tower.encode(evaPixels), eva.values('base.a.hidden.3'));
    tower.dispose();
  });

  test('what is no vision tower is named, with what is', () => {
    const dir = write({ model_type: 'opt' }, eva, same);
    expect(() => loadVisionTower(dir)).toThrow(`${dir} holds no vision tower: its model_type is "opt"`);
    const other = write({ model_type: 'blip-2', vision_config: { model_type: 'siglip' } }, eva, same);
    expect(() => loadVisionTower(other)).toThrow('vision_config.model_type: "siglip"');
  });

  test('a tensor that is missing or unknown is named', () => {
    const missing = write(evaConfig, eva, (name) =>
      name.replace('layers.1.mlp.fc1.bias', 'layers.1.mlp.fc1.bais'),
    );
    const load = () => loadVisionTower(missing);
    expect(load).toThrow(/vision_model\.encoder\.layers\.1\.mlp\.fc1\.bias is missing/);
    expect(load).toThrow(/layers\.1\.mlp\.fc1\.bais .*is no parameter/);
  });
});

describe('options', () => {
  const encode = (dir: string, options: VisionTowerOptions) => {
    const tower = loadVisionTower(dir, options);
    const features = tower.encode(clipPixels);
    const { hash } = tower;
    expect(visionTowerHash(dir, options)).toBe(hash);
    tower.dispose();
    return { features, hash };
  };
  const usual = encode(clipDir, {});

  test('another block: the last, the embeddings; there is none before them', () => {
    const last = encode(clipDir, { visionFeatureLayer: -1 });
    expectParity(last.features, clip.values('base.a.vision.hidden.3'));
    expectParity(encode(clipDir, { visionFeatureLayer: -4 }).features, clip.values('base.a.vision.hidden.0'));
    expect(() => loadVisionTower(clipDir, { visionFeatureLayer: -5 })).toThrow(
      'vision_feature_layer: -5 of 3 blocks',
    );
  });

  test('matrices in 16 bit', () => {
    const { features } = encode(clipDir, { dtype: 'bfloat16' });
    expect(relativeError(features, usual.features)).toBeGreaterThan(1e-4);
    expect(relativeError(features, usual.features)).toBeLessThan(0.05);
  });

  test('a name for every way of reading, the weights’ own for the usual one', () => {
    const ways = [{}, { visionFeatureLayer: -1 }, { dtype: 'bfloat16' }, { dtype: 'float16' }] as const;
    const hashes = ways.map((options) => encode(clipDir, options).hash);
    expect(new Set(hashes).size).toBe(4);
    expect(encode(clipDir, { visionFeatureLayer: -2, dtype: 'float32' }).hash).toBe(hashes[0]);
    const last = write({ model_type: 'clip', ...clipJson, vision_feature_layer: -1 }, clip, same);
    expect(visionTowerHash(last)).toBe(hashes[1]);
    expect(visionTowerHash(last, { visionFeatureLayer: -2 })).toBe(hashes[0]);
  });
});

test('a tower that was disposed of leaves nothing behind', () => {
  const held = () => [tf.memory().numTensors, backend.binding.getNumOfTensors()];
  const use = () =>
    tf.tidy(() => {
      const tower = loadVisionTower(evaDir);
      tower.encode(evaPixels);
      tower.dispose();
    });
  use();
  const before = held();
  use();
  expect(held()).toEqual(before);
});

describe('saved', () => {
  test.each([
    ['clip_vision_model', clip, CLIP_VISION, clipJson.vision_config as JsonObject],
    ['blip_2_vision_model', eva, EVA_VISION, evaJson],
  ] as const)('a %s: as it was, with only what it runs', (modelType, fixture, family, json) => {
    const config = family.readConfig(configFromDisk(json));
    const names = Object.keys(family.build(config).parameters());
    const tensors = names.map((name) => [name, fixture.values(`base.w.${name}`)] as const);
    const dir = folder();
    savePretrained(dir, family, config, Object.fromEntries(tensors));
    expect(new SafetensorsFile(join(dir, 'model.safetensors')).names().sort()).toEqual(names.sort());
    const tower = loadVisionTower(dir);
    const [pixels, hidden] =
      modelType === 'clip_vision_model' ? [clipPixels, 'vision.hidden.2'] : [evaPixels, 'hidden.3'];
    expectParity(tower.encode(pixels), fixture.values(`base.a.${hidden}`));
    tower.dispose();
  });
});

describe('config.json', () => {
  test.each(Object.keys(VISION_FAMILIES))('%s comes back as it was written', (modelType) => {
    const family = VISION_FAMILIES[modelType];
    const config = { ...family.readConfig({}), hiddenSize: 24, numAttentionHeads: 3, visionFeatureLayer: -3 };
    const written = family.writeConfig(config);
    expect(written.modelType).toBe(modelType);
    expect(family.readConfig(written)).toEqual(config);
  });

  test('CLIP: both halves come back; the dictionaries of old files count', () => {
    const config = CLIP.readConfig(configFromDisk(clipJson));
    expect(CLIP.readConfig(CLIP.writeConfig(config))).toEqual(config);
    const old = {
      ...configFromDisk(clipJson),
      textConfigDict: { hiddenSize: 32, projectionDim: 13 },
      visionConfigDict: null,
    };
    expect(CLIP.readConfig(old)).toEqual({ ...config, text: { ...config.text, hiddenSize: 32 } });
  });

  test.each([
    [EVA_VISION, { qkvBias: false }, 'qkv_bias'],
    [EVA_VISION, { hiddenSize: 30, numAttentionHeads: 4 }, '30 cannot be shared by 4 heads'],
    [CLIP_VISION, { numChannels: 1 }, 'num_channels'],
    [CLIP_VISION, { visionFeatureLayer: 0 }, 'vision_feature_layer'],
    [CLIP_VISION, { imageSize: [224, 224] }, 'image_size'],
  ])('%# is refused', (family, json, message) => {
    expect(() => family.readConfig(json)).toThrow(message);
  });
});
