import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  canonicalJson,
  configFromDisk,
  configToDisk,
  readJsonObject,
} from '../../packages/core/src/checkpoints';
import { surveyJson } from '../../packages/core/src/checkpoints/json';

const path = join(mkdtempSync(join(tmpdir(), 'blip2-json-')), 'config.json');

test('keys are camelCase here and snake_case on disk, all the way down', () => {
  const here = { modelType: 'blip-2', qformerConfig: { hiddenSize: 8, names: ['a_b', { dKv: 1 }] } };
  const disk = { model_type: 'blip-2', qformer_config: { hidden_size: 8, names: ['a_b', { d_kv: 1 }] } };
  expect(configToDisk(here)).toEqual(disk);
  expect(configFromDisk(disk)).toEqual(here);
});

test('canonicalJson does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined, z: null })).toBe(
    '{"b":[{"c":2,"d":1}],"z":null}',
  );
  expect(() => canonicalJson({ f: () => 1 })).toThrow(/f is a function/);
});

test.each([
  ['{"a": ', /is not JSON/],
  ['', /is not JSON/],
  ['[]', /is not a JSON object/],
  ['null', /is not a JSON object/],
  ['{"a":1,"b":{"c":1,"c":1}}', /gives a key twice/],
  [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /is not JSON: .*utf-8/],
  ['\ufeff{}', /is not JSON/],
  [`{"a":${'['.repeat(65)}${']'.repeat(65)}}`, /nests 66 levels deep/],
])('%j is refused', (text, message) => {
  writeFileSync(path, text);
  expect(() => readJsonObject(path)).toThrow(message);
  expect(() => readJsonObject(path)).toThrow(path);
});

test('what is no file is refused, too', () => {
  expect(() => readJsonObject('/dev/zero')).toThrow('/dev/zero is not a file');
  expect(() => readJsonObject(join(path, 'below'))).toThrow('Cannot read');
});

test('depth and keys are counted outside strings', () => {
  const survey = (text: string) => surveyJson(Buffer.from(text));
  expect(survey('{"a:[{":"\\"{[:","b":[{"c":{}}]}')).toEqual({ depth: 4, keys: 3 });
  expect(survey('"\\')).toEqual({ depth: 0, keys: 0 });
});
