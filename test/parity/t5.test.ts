/** T5 against transformers (test/fixtures/make/t5.py), and what its config.json and files say. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  configFromDisk,
  configToDisk,
  fromPretrained,
  savePretrained,
  type JsonObject,
} from '../../packages/core/src/checkpoints';
import {
  FLAN_T5_BASE,
  FLAN_T5_LARGE,
  FLAN_T5_SMALL,
  FLAN_T5_XL,
  FLAN_T5_XXL,
  T5,
  t5Parameters,
  type Prompt,
  type T5Config,
} from '../../packages/core/src/models';
import {
  relativePositionBias,
  relativePositionBiasAt,
  relativePositionBucket,
} from '../../packages/core/src/models/relativePositionBias';
import { countParameters, Weights } from '../../packages/core/src/nn';
import { compile, Rng, tf, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';
import { Fixture } from '../support/fixtures';
import { languageTowerContract } from '../support/languageTower';
import { relativeError } from '../support/relativeError';
import { outputParity } from '../support/towerParity';

const fixture = new Fixture('t5');
const { configs, parameters } = fixture.config<{
  configs: Record<string, JsonObject>;
  parameters: Record<string, number>;
}>();

function load(name: string) {
  const config = T5.readConfig(configFromDisk(configs[name]));
  const weights = fixture.tensors(`${name}.w.`);
  const prompt: Prompt = {
    embeddings: fixture.tensor(`${name}.in.embeddings`),
    mask: fixture.tensor(`${name}.in.mask`),
  };
  const target = fixture.tensor(`${name}.in.target`);
  return { config, tower: T5.build(config), weights, w: new Weights(weights), prompt, target };
}

describe.each(Object.keys(configs))('%s', (name) => {
  const { config, tower, weights, w, prompt, target } = load(name);
  const encoder = tower.encoderStates(w, prompt).map((state) => tf.keep(state));

  /** Each state against the fixture's, where `real` (broadcast) is 1. */
  function expectStates(stack: 'encoder' | 'decoder', found: Tensor[], real: Tensor): void {
    found.forEach((state, i) => {
      const expected = fixture.tensor(`${name}.a.${stack}.${i}`);
      expect(relativeError(state.mul(real), expected.mul(real)), `state ${i}`).toBeLessThan(2e-4);
    });
  }

  test('hidden states of the encoder', () => {
    expect(encoder).toHaveLength(config.numLayers + 2);
    // What stands in padding means nothing.
    expectStates('encoder', encoder, tf.expandDims(prompt.mask.toFloat(), 2));
  });

  test('hidden states of the decoder', () => {
    const encoded = { embeddings: encoder.at(-1)!, mask: prompt.mask };
    const decoder = tower.decoderStates(w, encoded, target);
    expect(decoder).toHaveLength(config.numDecoderLayers + 2);
    expectStates('decoder', decoder, tf.scalar(1));
  });

  outputParity(fixture, name, { tower, weights, prompt, target });

  describe('contract', () => {
    // Long enough for distances that share a bucket.
    const start = target.slice([0, 0], [-1, Math.min(20, target.shape[1]!)]);
    languageTowerContract({ tower, weights, prompt, target: start });
  });
});

describe('relative positions', () => {
  const cases = fixture.names('buckets.').map((name) => name.split('.'));

  test.each(cases)('%s buckets up to distance %s, %s', (number, longest, stack) => {
    const options = {
      numBuckets: Number(number),
      maxDistance: Number(longest),
      bidirectional: stack === 'encoder',
    };
    const expected = fixture.tensor(`buckets.${number}.${longest}.${stack}`).arraySync();
    const offsets = Array.from({ length: 401 }, (_, i) => i - 200);
    expect(offsets.map((offset) => relativePositionBucket(offset, options))).toEqual(expected);
  });

  test('a row of a cache, at a position that is a tensor, is that row of the whole', () => {
    const options = { numBuckets: 32, maxDistance: 128, bidirectional: false };
    const table = Rng.from(1).normal([32, 3]);
    const w = new Weights({ weight: table });
    const room = 150;
    const whole = relativePositionBias(w, options, room);
    const at = compile((position: Tensor) => relativePositionBiasAt(w, options, position, room));
    for (const position of [0, 1, 17, 149]) {
      // Of columns after the row itself nothing is asked.
      const seen = [0, 0, 0, 0];
      const size = [1, 3, 1, position + 1];
      const expected = whole.slice([0, 0, position, 0], size);
      expect(at(tf.scalar(position, 'int32')).slice(seen, size)).toBeAllclose(expected, { rtol: 0, atol: 0 });
    }
    expect(at.signatures()).toBe(1);
    at.dispose();
  });
});

describe('dropout', () => {
  const { config, w, prompt, target } = load('flan');
  const tower = (dropoutRate: number) => T5.build({ ...config, dropoutRate });
  const zeros = (x: Tensor): number => tf.equal(x, 0).toFloat().mean().dataSync()[0];

  test('of what goes in and what comes out, in both stacks', () => {
    const encoder = tower(0.25).encoderStates(w, prompt, Rng.from(1));
    const encoded = { embeddings: encoder.at(-1)!, mask: prompt.mask };
    const decoder = tower(0.25).decoderStates(w, encoded, target, Rng.from(2));
    for (const states of [encoder, decoder]) {
      expect(zeros(states[0])).toBeCloseTo(0.25, 1);
      expect(zeros(states.at(-1)!)).toBeCloseTo(0.25, 1);
      expect(zeros(states[1])).toBeLessThan(0.05); // sums
    }
  });

  test('from one seed the same, without one none', () => {
    const pass = (rate: number, rng?: Rng) => tower(rate).logits(w, prompt, target, rng).dataSync();
    const first = pass(0.1, Rng.from(1));
    expect(pass(0.1, Rng.from(1))).toEqual(first);
    expect(pass(0.1, Rng.from(2))).not.toEqual(first);
    expect(pass(0.1)).toEqual(pass(0, Rng.from(1)));
    expect(pass(0.1)).not.toEqual(first);
  });
});

describe('published sizes', () => {
  test.each([
    ['flan-t5-small', FLAN_T5_SMALL],
    ['flan-t5-base', FLAN_T5_BASE],
    ['flan-t5-large', FLAN_T5_LARGE],
    ['flan-t5-xl', FLAN_T5_XL],
    ['flan-t5-xxl', FLAN_T5_XXL],
  ])('%s has as many parameters as in transformers', (name, config) => {
    expect(countParameters(t5Parameters(config))).toBe(parameters[name]);
  });
});

describe('config.json', () => {
  test.each(Object.keys(configs))('%s comes back as it was written', (name) => {
    const { config } = load(name);
    const written = configToDisk(T5.writeConfig(config) as JsonObject);
    // transformers 5 says so of every T5, whatever its head; in its reading the word decides about scaling.
    const theirs = { ...configs[name], tie_word_embeddings: config.tieWordEmbeddings };
    const ours = Object.entries(theirs).filter(([key]) => key in written);
    expect(ours.length).toBeGreaterThan(15);
    for (const [key, value] of ours) expect(written[key], key).toEqual(value);
    expect(T5.readConfig(configFromDisk(written))).toEqual(config);
  });

  const read = (json: Record<string, unknown>): Partial<T5Config> => T5.readConfig(json);

  test('versions 1.0 and 1.1 as transformers 4 wrote them', () => {
    expect(read({ feedForwardProj: 'relu' })).toMatchObject({
      denseActFn: 'relu',
      isGatedAct: false,
      tieWordEmbeddings: true,
      scaleDecoderOutputs: true,
    });
    const flan = {
      feedForwardProj: 'gated-gelu',
      tieWordEmbeddings: false,
      numLayers: 3,
      eosTokenId: [4, 1],
    };
    expect(read(flan)).toMatchObject({
      eosTokenId: 4,
      denseActFn: 'gelu_new',
      isGatedAct: true,
      tieWordEmbeddings: false,
      scaleDecoderOutputs: false,
      numDecoderLayers: 3,
    });
  });

  test('where transformers 5 leaves it open, the files say whether the head is tied', () => {
    const json = configFromDisk(configs.flan);
    const isTied = (...files: string[]) => T5.readConfig(json, new Set(files)).tieWordEmbeddings;
    expect(isTied('shared.weight', 'lm_head.weight')).toBe(false);
    expect(isTied('shared.weight')).toBe(true);
    expect(T5.readConfig(json, new Set()).scaleDecoderOutputs).toBe(false);
    const config = { ...T5.readConfig(json), tieWordEmbeddings: true };
    const dir = mkdtempSync(join(tmpdir(), 'blip2-t5-'));
    const { 'lm_head.weight': _, ...tied } = fixture.tensors('flan.w.');
    savePretrained(dir, T5, config, tied);
    const loaded = fromPretrained(dir, T5);
    expect(loaded.config).toEqual(config);
    loaded.dispose();
    // Where it does not, what is missing is missing.
    expect(T5.readConfig({ tieWordEmbeddings: false }, new Set()).tieWordEmbeddings).toBe(false);
  });

  test.each([
    [{ dKv: 0 }, 'd_kv'],
    [{ feedForwardProj: 'gated-selu' }, 'dense_act_fn'],
    [{ dropoutRate: 2 }, 'dropout_rate'],
  ])('%j is refused', (json, message) => {
    expect(() => T5.readConfig(json)).toThrow(message);
  });
});

test.each([
  ['shared.weight', 'shared.weight'],
  ['encoder.embed_tokens.weight', 'shared.weight'],
  ['decoder.embed_tokens.weight', 'shared.weight'],
  ['lm_head.weight', 'lm_head.weight'],
  ['decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight', undefined],
  ['decoder.block.0.layer.0.SelfAttention.q.weight', 'decoder.block.0.layer.0.SelfAttention.q.weight'],
])('%s in a file is %s', (name, expected) => {
  expect(T5.parameterName!(name, FLAN_T5_SMALL)).toBe(expected);
});
