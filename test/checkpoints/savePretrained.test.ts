import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import {
  fromPretrained,
  SafetensorsFile,
  savePretrained,
  storedParameters,
} from '../../packages/core/src/checkpoints';
import { ParameterStore, tf } from '../../packages/core/src/runtime';
import { TINY, TINY_CONFIG, tinyParameters } from './tinyFamily';

const parameters = ParameterStore.create(tinyParameters(TINY_CONFIG), 1);
const values = parameters.snapshot();
const readJson = (name: string): unknown => JSON.parse(readFileSync(join(dir, name), 'utf8'));

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'blip2-save-')), 'model');
});

test('one file, with what Hugging Face puts beside it', () => {
  savePretrained(dir, TINY, TINY_CONFIG, parameters);
  expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(readJson('config.json')).toEqual({
    model_type: 'tiny',
    vocab_size: 11,
    hidden_size: 5,
    dtype: 'float32',
  });
  expect(new SafetensorsFile(join(dir, 'model.safetensors')).metadata).toEqual({ format: 'pt' });
});

test('several files and their index, as Hugging Face lays them out', () => {
  savePretrained(dir, TINY, TINY_CONFIG, parameters, { maxShardSize: 150 });
  expect(readdirSync(dir).sort()).toEqual([
    'config.json',
    'model-00001-of-00003.safetensors',
    'model-00002-of-00003.safetensors',
    'model-00003-of-00003.safetensors',
    'model.safetensors.index.json',
  ]);
  const shard = (number: number) => `model-0000${number}-of-00003.safetensors`;
  expect(readJson('model.safetensors.index.json')).toEqual({
    metadata: { total_parameters: 104, total_size: 416 },
    weight_map: {
      'embed_positions.weight': shard(2),
      'embed_tokens.weight': shard(1),
      'fc.bias': shard(3),
      'fc.weight': shard(2),
      'norm.bias': shard(3),
      'norm.weight': shard(3),
      scale: shard(3),
    },
  });
});

test('16 bit: matrices are rounded to nearest, ties to even; the rest is not', () => {
  const data = Float32Array.from({ length: 55 }, () => 1);
  // Between 1 and 1 + 2^-7, then between that and 1 + 2^-6; then what has to stay as it is.
  data.set([1 + 2 ** -8, 1 + 3 * 2 ** -8, -(1 + 2 ** -8 + 2 ** -20), Infinity, NaN, 2 ** 127, -0]);
  savePretrained(
    dir,
    TINY,
    TINY_CONFIG,
    { ...values, 'embed_tokens.weight': { shape: [11, 5], data } },
    { dtype: 'bfloat16' },
  );
  const file = new SafetensorsFile(join(dir, 'model.safetensors'));
  expect(file.info('embed_tokens.weight').dtype).toBe('BF16');
  expect([...file.float32('embed_tokens.weight')].slice(0, 8)).toEqual([
    1,
    1 + 2 ** -6,
    -(1 + 2 ** -7),
    Infinity,
    NaN,
    2 ** 127,
    -0,
    1,
  ]);
  expect(file.info('fc.weight').dtype).toBe('BF16');
  for (const name of ['fc.bias', 'norm.weight', 'embed_positions.weight', 'scale']) {
    expect(file.float32(name)).toEqual(values[name].data);
  }
  // Python must not round the rest either.
  expect(readJson('config.json')).toMatchObject({ dtype: 'float32' });
});

test('tensors of the host and of the device are the same; none is left behind', () => {
  const held = tf.memory().numTensors;
  const tensors = parameters.readAll();
  savePretrained(dir, TINY, TINY_CONFIG, tensors);
  tf.dispose(tensors);
  const device = readFileSync(join(dir, 'model.safetensors'));
  const written = () => readFileSync(join(dir, 'model.safetensors'));
  for (const source of [values, parameters]) {
    savePretrained(dir, TINY, TINY_CONFIG, source);
    expect(written().equals(device)).toBe(true);
  }
  savePretrained(dir, TINY, TINY_CONFIG, values, { dtype: 'float16' });
  const half = written();
  expect(half.length).toBeLessThan(device.length);
  for (const source of [parameters, { ...values, ...storedParameters(parameters) }]) {
    savePretrained(dir, TINY, TINY_CONFIG, source, { dtype: 'float16' });
    expect(written().equals(half)).toBe(true);
  }
  expect(tf.memory().numTensors).toBe(held);
});

test('what does not fit the configuration is named, and nothing is written', () => {
  const { scale, 'fc.bias': _, ...rest } = values;
  const ids = { shape: [5], data: new Int32Array(5) };
  const wrong = { ...rest, 'norm.bias': scale, 'norm.weight': ids, extra: scale };
  expect(() => savePretrained(dir, TINY, TINY_CONFIG, wrong)).toThrow(
    `Not saved to ${dir}: fc.bias is missing; scale is missing; norm.weight is I32, but weights are floating-point numbers; ` +
      'norm.bias has the shape [], the model wants [5]; extra is no parameter of the model',
  );
  const short = { ...values, scale: { shape: [], data: new Float32Array(2) } };
  expect(() => savePretrained(dir, TINY, TINY_CONFIG, short)).toThrow(
    'Tensor scale: shape [] wants 1 values, got 2',
  );
  expect(() => readdirSync(dir)).toThrow('ENOENT');
});

test('a folder that cannot be is named', () => {
  writeFileSync(dir, '');
  expect(() => savePretrained(join(dir, 'below'), TINY, TINY_CONFIG, parameters)).toThrow(
    /Cannot write .*below/,
  );
  expect(() => fromPretrained(dir, TINY)).toThrow(`${dir} is a file, not a folder`);
});
