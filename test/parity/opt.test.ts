/** OPT against transformers (test/fixtures/make/opt.py), and what its config.json and files say. */
import { describe, expect, test } from 'vitest';
import { configFromDisk, configToDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import {
  OPT,
  OPT_125M,
  OPT_1_3B,
  OPT_2_7B,
  OPT_350M,
  OPT_6_7B,
  optParameters,
} from '../../packages/core/src/models';
import { countParameters, Weights } from '../../packages/core/src/nn';
import { Rng, tf, type Tensor } from '../../packages/core/src/runtime';
import { decoderCase, decoderOnlyParity } from '../support/decoderOnly';
import { Fixture } from '../support/fixtures';
import { relativeError } from '../support/relativeError';

const fixture = new Fixture('opt');
const { configs, parameters } = fixture.config<{
  configs: Record<string, JsonObject>;
  parameters: Record<string, number>;
}>();

function load(name: string) {
  const config = OPT.readConfig(configFromDisk(configs[name]));
  return { config, tower: OPT.build(config), ...decoderCase(fixture, name) };
}

describe.each(Object.keys(configs))('%s', (name) => {
  decoderOnlyParity(fixture, name, load(name).tower);
});

describe('dropout', () => {
  const { config, w, prompt } = load('pre');

  /** The share of the first block's update that is exactly zero: where both of its parts were dropped. */
  const untouched = (rates: object): number => {
    const tower = OPT.build({ ...config, dropout: 0, ...rates });
    const [before, after] = tower.states(w, prompt, Rng.from(3));
    return tf.equal(before, after).toFloat().mean().dataSync()[0];
  };

  test('of the two updates of a block, each on its own', () => {
    expect(untouched({ dropout: 0.5 })).toBeCloseTo(0.25, 1);
    expect(untouched({ dropout: 0 })).toBe(0);
  });

  test('of attention, not in the embeddings; from one seed the same, without one none', () => {
    const tower = OPT.build({ ...config, dropout: 0, attentionDropout: 0.3 });
    const pass = (rng?: Rng) => tower.states(w, prompt, rng).map((state) => state.dataSync());
    const [first, again, other, without] = [pass(Rng.from(1)), pass(Rng.from(1)), pass(Rng.from(2)), pass()];
    expect(first).toEqual(again);
    expect(first[0]).toEqual(without[0]);
    for (const run of [other, without]) expect(first[1]).not.toEqual(run[1]);
  });
});

test('the head may have a table of its own', () => {
  const { config, w, weights, prompt, target } = load('pre');
  const untied = OPT.build({ ...config, tieWordEmbeddings: false });
  const table = weights['model.decoder.embed_tokens.weight'];
  expect(Object.keys(untied.parameters())).toContain('lm_head.weight');
  const own = new Weights({ ...weights, 'lm_head.weight': table.mul<Tensor>(2) });
  const tied = OPT.build(config).logits(w, prompt, target);
  expect(relativeError(untied.logits(own, prompt, target), tied.mul(2))).toBeLessThan(1e-6);
});

test('a sequence beyond the positions is refused', () => {
  const { tower, w, prompt, target } = load('pre');
  const long = tf.tile(target, [1, 3]);
  expect(() => tower.logits(w, prompt, long)).toThrow(
    'A sequence of 24 tokens is too long: the model has 19',
  );
  expect(() => tower.begin(w, prompt, { tokens: 13, rowsPerPrompt: 1 })).toThrow('A sequence of 20 tokens');
});

describe('published sizes', () => {
  test.each([
    ['opt-125m', OPT_125M],
    ['opt-350m', OPT_350M],
    ['opt-1.3b', OPT_1_3B],
    ['opt-2.7b', OPT_2_7B],
    ['opt-6.7b', OPT_6_7B],
  ])('%s has as many parameters as in transformers', (name, config) => {
    expect(countParameters(optParameters(config))).toBe(parameters[name]);
  });

  test('350m takes embeddings narrower than its blocks', () => {
    const { hiddenSize, tokens } = OPT.build(OPT_350M);
    expect(hiddenSize).toBe(512);
    expect(tokens).toEqual({ bos: 2, eos: 2, pad: 1 });
  });
});

describe('config.json', () => {
  test.each(Object.keys(configs))('%s comes back as it was written', (name) => {
    const { config } = load(name);
    const written = configToDisk(OPT.writeConfig(config) as JsonObject);
    expect(written.model_type).toBe('opt');
    for (const [key, value] of Object.entries(configs[name])) expect(written[key], key).toEqual(value);
    expect(OPT.readConfig(configFromDisk(written))).toEqual(config);
  });

  test.each([
    [{ hiddenSize: 0 }, 'hidden_size'],
    [{ activationFunction: 'selu' }, 'activation_function'],
    [{ hiddenSize: 30, numAttentionHeads: 4 }, '30 cannot be shared by 4 heads'],
  ])('%j is refused', (json, message) => {
    expect(() => OPT.readConfig(json)).toThrow(message);
  });

  test('null means the default; the first of several ends counts', () => {
    const config = OPT.readConfig({ wordEmbedProjDim: null, hiddenSize: 24, eosTokenId: [7, 8] });
    expect([config.wordEmbedProjDim, config.eosTokenId]).toEqual([24, 7]);
  });
});

test.each([
  ['model.decoder.layers.0.fc1.weight', 'model.decoder.layers.0.fc1.weight'],
  ['decoder.layers.0.fc1.weight', 'model.decoder.layers.0.fc1.weight'],
  ['lm_head.weight', 'model.decoder.embed_tokens.weight'],
  ['decoder.version', undefined],
  ['score.weight', 'score.weight'],
])('%s in a file is %s', (name, expected) => {
  expect(OPT.parameterName!(name, OPT_125M)).toBe(expected);
});
