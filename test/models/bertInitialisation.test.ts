/** A Q-Former that starts as BERT, against LAVIS's initialisation (test/fixtures/make/bert.py). */
import { describe, expect, test } from 'vitest';
import {
  blip2QformerParameters,
  initialiseFromBert,
  type Blip2QformerConfig,
} from '../../packages/core/src/models';
import { ParameterStore, tf, type Tensor } from '../../packages/core/src/runtime';
import { Fixture } from '../support/fixtures';
import { config as stage1 } from '../support/stage1';

const fixture = new Fixture('bert');
const config: Blip2QformerConfig = {
  ...stage1,
  qformer: {
    ...stage1.qformer,
    vocabSize: 30,
    hiddenSize: 24,
    numHiddenLayers: 3,
    intermediateSize: 40,
    maxPositionEmbeddings: 12,
  },
};
const fresh = () => ParameterStore.create(blip2QformerParameters(config), 0);
const startedFrom = (tensors: Record<string, Tensor>) => {
  const parameters = fresh();
  initialiseFromBert(config, parameters, tensors);
  return parameters.snapshot();
};
const initial = fresh().snapshot();
const bert = fixture.tensors('w.');
const started = startedFrom(bert);

/** The rows that BERT has: its vocabulary is one row smaller. */
const head = (name: string, length: number) => started[name].data.slice(0, length);

describe('initialiseFromBert', () => {
  test.each(fixture.names('e.'))('%s', (name) => {
    const expected = fixture.values(`e.${name}`).data;
    expect(head(name, expected.length)).toEqual(expected);
  });

  test('what BERT lacks keeps its initial value: [DEC], queries, cross-attention, projections, ln_vision', () => {
    const copied = new Set(fixture.names('e.'));
    const others = Object.keys(initial).filter((name) => !copied.has(name));
    expect(others).toContain('qformer.encoder.layer.0.crossattention.attention.key.weight');
    for (const name of others) expect(started[name], name).toEqual(initial[name]);
    const words = 'embeddings.word_embeddings.weight';
    expect(started[words].data.slice(29 * 24)).toEqual(initial[words].data.slice(29 * 24));
  });

  test('reads the spelling of the published file, LayerNorm.gamma and LayerNorm.beta', () => {
    const old = Object.entries(bert).map(([name, tensor]) => [
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      tensor,
    ]);
    expect(startedFrom(Object.fromEntries(old) as typeof bert)).toEqual(started);
  });

  test('names what is missing, and what does not fit', () => {
    const { 'cls.predictions.bias': _, 'cls.predictions.decoder.bias': _tied, ...headless } = bert;
    expect(() => startedFrom(headless)).toThrow("BERT's weights lack cls.predictions.bias");
    const query = 'bert.encoder.layer.1.attention.self.query.weight';
    const narrow = { ...bert, [query]: tf.zeros([24, 23]) };
    expect(() => startedFrom(narrow)).toThrow(`BERT's ${query} has the shape [24,23]`);
  });
});
