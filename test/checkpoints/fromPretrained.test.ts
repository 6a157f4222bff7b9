import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromPretrained, savePretrained } from '../../packages/core/src/checkpoints';
import { HalfTensor, ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import { TINY, TINY_CONFIG, tinyParameters } from './tinyFamily';

const root = mkdtempSync(join(tmpdir(), 'blip2-pretrained-'));
const parameters = ParameterStore.create(tinyParameters(TINY_CONFIG), 1);
const values = parameters.snapshot();
const valuesOf = (tensors: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { shape: (tensor as Tensor).shape, data: (tensor as Tensor).dataSync() },
    ]),
  );

test('what was saved comes back bit for bit, frozen or to be trained', () => {
  const dir = join(root, 'whole');
  savePretrained(dir, TINY, TINY_CONFIG, parameters);
  expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors']);
  expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toEqual({
    model_type: 'tiny',
    vocab_size: 11,
    hidden_size: 5,
    dtype: 'float32',
  });
  const held = tf.memory().numTensors;
  const frozen = fromPretrained(dir, TINY);
  expect(frozen.config).toEqual(TINY_CONFIG);
  expect(valuesOf(frozen.tensors)).toEqual(values);
  expect(frozen.weights.scope('fc').get('bias').shape).toEqual([3]);
  frozen.dispose();
  expect(tf.memory().numTensors).toBe(held);
  const trainable = fromPretrained(dir, TINY, { trainable: () => true });
  expect(trainable.parameters.snapshot()).toEqual(values);
  expect(tf.memory().numTensors).toBe(held);
  expect(trainable.hash).toMatch(/^[0-9a-f]{64}$/);
  trainable.parameters.dispose();
});

test('matrices in 16 bit, the rest in float32', () => {
  const dir = join(root, 'whole');
  const { tensors, weights, dispose } = fromPretrained(dir, TINY, { dtype: 'bfloat16' });
  const half = Object.keys(tensors).filter((name) => tensors[name] instanceof HalfTensor);
  expect(half).toEqual(['embed_tokens.weight', 'fc.weight']);
  expect(weights.get('embed_positions.weight').dtype).toBe('float32');
  dispose();
});
