/** A family as small as it gets: a table of words, a layer, a norm, a table of positions and a scalar. */
import { z } from 'zod';
import type { ParameterSpecs } from '../../packages/core/src/runtime';
import { embeddingSpecs, layerNormSpecs, linearSpecs } from '../../packages/core/src/nn';
import { field, parseConfig, type Family } from '../../packages/core/src/models';

export interface TinyConfig {
  vocabSize: number;
  hiddenSize: number;
}

export interface TinyModel {
  parameters(): ParameterSpecs;
}

export function tinyParameters({ vocabSize, hiddenSize }: TinyConfig): ParameterSpecs {
  return {
    ...embeddingSpecs('embed_tokens', vocabSize, hiddenSize, 1),
    ...embeddingSpecs('embed_positions', 4, hiddenSize, 1),
    ...linearSpecs('fc', hiddenSize, 3),
    ...layerNormSpecs('norm', hiddenSize),
    scale: { shape: [], init: { kind: 'constant', value: 0.1 } },
  };
}

const schema = z.object({ vocabSize: field.size.default(11), hiddenSize: field.size.default(5) });

/** Old files call the layer `dense`, store the tied head as `lm_head.weight`, and carry a buffer. */
const SPELLINGS: Record<string, string> = {
  'dense.weight': 'fc.weight',
  'dense.bias': 'fc.bias',
  'lm_head.weight': 'embed_tokens.weight',
};

export const TINY: Family<TinyConfig, TinyModel> = {
  modelType: 'tiny',
  readConfig: (json) => parseConfig(schema, json, 'tiny'),
  writeConfig: ({ vocabSize, hiddenSize }) => ({ vocabSize, hiddenSize }),
  build: (config) => ({ parameters: () => tinyParameters(config) }),
  parameterName: (name) => (name === 'position_ids' ? undefined : (SPELLINGS[name] ?? name)),
};

export const TINY_CONFIG: TinyConfig = { vocabSize: 11, hiddenSize: 5 };
