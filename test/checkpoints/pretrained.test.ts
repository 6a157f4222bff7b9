import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  canonicalJson,
  loadPretrained,
  saveRaw,
  writeSafetensors,
} from '../../packages/core/src/checkpoints';

const dir = mkdtempSync(join(tmpdir(), 'blip2-pretrained-'));
const model = {
  config: { modelType: 'blip-2', qformerConfig: { hiddenSize: 8, numHiddenLayers: 2 }, names: ['a_b'] },
  tensors: { w: { shape: [2], data: Float32Array.of(1, 2) }, b: { shape: [1], data: Float32Array.of(3) } },
};

test('a model folder comes back as it was saved, in snake_case on disk', () => {
  saveRaw(dir, model);
  expect(loadPretrained(dir)).toEqual(model);
  const onDisk: unknown = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
  expect(onDisk).toMatchObject({
    model_type: 'blip-2',
    qformer_config: { hidden_size: 8, num_hidden_layers: 2 },
  });
});

test('shards listed in an index are read together', () => {
  rmSync(join(dir, 'model.safetensors'));
  writeSafetensors(join(dir, 'one.safetensors'), { w: model.tensors.w });
  writeSafetensors(join(dir, 'two.safetensors'), { b: model.tensors.b });
  const index = { weight_map: { w: 'one.safetensors', b: 'two.safetensors' } };
  writeFileSync(join(dir, 'model.safetensors.index.json'), JSON.stringify(index));
  expect(loadPretrained(dir).tensors).toEqual(model.tensors);
});

test('a folder without weights or with a broken config says so', () => {
  rmSync(join(dir, 'model.safetensors.index.json'));
  expect(() => loadPretrained(dir)).toThrow(/neither model\.safetensors nor/);
  writeFileSync(join(dir, 'config.json'), '[]');
  expect(() => loadPretrained(dir)).toThrow(/config\.json is not a JSON object/);
});

test('canonicalJson does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, z: null })).toBe(
    '{"b":[{"c":2,"d":1}],"z":null}',
  );
  expect(() => canonicalJson({ f: () => 1 })).toThrow(/f is a function/);
});
