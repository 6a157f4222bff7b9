/** BERT for masked words against transformers (test/fixtures/make/bert_lm.py). */
import { describe, expect, test } from 'vitest';
import { configFromDisk, configToDisk, type JsonObject } from '../../packages/core/src/checkpoints';
import { BERT } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { compile, Rng, softmaxCrossEntropy, tf, valueAndGradients } from '../../packages/core/src/runtime';
import { Fixture } from '../support/fixtures';
import { expectGradients, expectNoLeak, expectParameters, expectParity, halved } from '../support/parity';
import { relativeError } from '../support/relativeError';

const fixture = new Fixture('bert-lm');
const { configs } = fixture.config<{ configs: Record<string, JsonObject> }>();

function load(name: string) {
  const config = BERT.readConfig(configFromDisk(configs[name]));
  const weights = fixture.tensors(`${name}.w.`);
  const input = (what: string) => fixture.tensor(`${name}.in.${what}`);
  const text = { ids: input('ids'), mask: input('mask'), tokenTypes: input('token_types') };
  return {
    config,
    bert: BERT.build(config),
    weights,
    w: new Weights(weights),
    text,
    labels: input('labels'),
  };
}

describe.each(Object.keys(configs))('%s', (name) => {
  const { config, bert, weights, w, text, labels } = load(name);
  const real = tf.expandDims(text.mask.toFloat(), 2); // what stands in padding means nothing

  const step = () =>
    valueAndGradients(() => {
      const logits = bert.logits(w, text).reshape([-1, config.vocabSize]);
      return { loss: softmaxCrossEntropy(logits, labels.reshape([-1])) };
    }, weights);

  test('names and shapes', () => {
    expectParameters(bert.parameters(), weights);
  });

  test('hidden states', () => {
    const states = bert.states(w, text);
    expect(states).toHaveLength(config.numHiddenLayers + 1);
    states.forEach((found, i) => {
      const expected = fixture.tensor(`${name}.a.hidden.${i}`);
      expectParity(found.mul(real), expected.mul(real), `state ${i}`);
    });
  });

  test('logits, with token types and without', () => {
    const { ids, mask } = text;
    for (const [found, expected] of [
      [bert.logits(w, text), 'logits'],
      [bert.logits(w, { ids, mask }), 'logits_without_types'],
    ] as const) {
      expectParity(found.mul(real), fixture.tensor(`${name}.a.${expected}`).mul(real), expected);
    }
  });

  test.each(['eager', 'compiled'])('loss of masked words and every gradient, %s', (mode) => {
    const { value, gradients } = mode === 'eager' ? step() : compile(step)();
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`${name}.l.loss`), 5);
    expectGradients(fixture, `${name}.g.`, gradients);
  });

  test('what stands in padding has no influence', () => {
    const ids = tf.where(text.mask.toBool(), text.ids, tf.scalar(1, 'int32'));
    const [found, expected] = [bert.logits(w, { ...text, ids }), bert.logits(w, text)];
    expect(relativeError(found.mul(real), expected.mul(real))).toBe(0);
  });

  test('matrices and tables in bfloat16: close', () => {
    const isMatrix = (key: string) => weights[key].rank === 2 && !key.includes('position');
    const error = relativeError(
      bert.logits(halved(weights, 'bfloat16', isMatrix), text).mul(real),
      bert.logits(w, text).mul(real),
    );
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.1);
  });

  test('nothing is left behind', () => {
    expectNoLeak(step);
  });

  test('config.json comes back as it was written', () => {
    const written = configToDisk(BERT.writeConfig(config) as JsonObject);
    expect(written).toMatchObject({ model_type: 'bert', architectures: ['BertForMaskedLM'] });
    expect(BERT.readConfig(configFromDisk(written))).toEqual(config);
  });
});

test('dropout: from one seed the same, from another not, without one none', () => {
  const { bert, w, text } = load('base');
  const pass = (rng?: Rng) => bert.states(w, text, rng).map((state) => state.dataSync());
  const [first, again, other, without] = [pass(Rng.from(1)), pass(Rng.from(1)), pass(Rng.from(2)), pass()];
  expect(first).toEqual(again);
  for (const run of [other, without]) {
    run.forEach((state, i) => expect(state, `state ${i}`).not.toEqual(first[i]));
  }
});

test.each([
  ['bert.embeddings.LayerNorm.gamma', 'bert.embeddings.LayerNorm.weight'],
  ['cls.predictions.transform.LayerNorm.beta', 'cls.predictions.transform.LayerNorm.bias'],
  ['cls.predictions.decoder.weight', 'bert.embeddings.word_embeddings.weight'],
  ['cls.predictions.decoder.bias', 'cls.predictions.bias'],
  ['bert.embeddings.position_ids', undefined],
  ['bert.pooler.dense.weight', undefined],
  ['cls.seq_relationship.bias', undefined],
  ['classifier.weight', 'classifier.weight'],
])('%s in a file is %s', (name, expected) => {
  expect(BERT.parameterName!(name, BERT.readConfig({}))).toBe(expected);
});

test.each([
  [{ hiddenSize: 30, numAttentionHeads: 4 }, '30 cannot be shared by 4 heads'],
  [{ isDecoder: true }, 'is_decoder'],
  [{ positionEmbeddingType: 'relative_key' }, 'position_embedding_type'],
  [{ hiddenAct: 'elu' }, 'hidden_act'],
  [{ numHiddenLayers: -1 }, 'num_hidden_layers'],
])('%j is refused', (json, message) => {
  expect(() => BERT.readConfig(json)).toThrow(message);
});
