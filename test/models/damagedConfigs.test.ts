/** A config.json of any family that asks for more blocks than memory holds is an error, and names the field. */
import { expect, test } from 'vitest';
import { BERT, BLIP, BLIP2, CLIP, CLIP_VISION, EVA_VISION, OPT, T5 } from '../../packages/core/src/models';

const MANY = 1_000_000_000;
const blocks = { numHiddenLayers: MANY };
const blip2 = (part: object) => ({ visionConfig: {}, qformerConfig: {}, textConfig: {}, ...part });

test.each([
  [OPT, blocks, 'num_hidden_layers'],
  [T5, { numLayers: MANY }, 'num_layers'],
  [T5, { numDecoderLayers: MANY }, 'num_decoder_layers'],
  [BERT, blocks, 'num_hidden_layers'],
  [CLIP_VISION, blocks, 'num_hidden_layers'],
  [EVA_VISION, blocks, 'num_hidden_layers'],
  [CLIP, { textConfig: blocks }, 'num_hidden_layers'],
  [CLIP, { visionConfig: blocks }, 'num_hidden_layers'],
  [BLIP, { textConfig: blocks }, 'num_hidden_layers'],
  [BLIP, { visionConfig: blocks }, 'num_hidden_layers'],
  [BLIP2, blip2({ qformerConfig: blocks }), 'num_hidden_layers'],
  [BLIP2, blip2({ textConfig: blocks }), 'num_hidden_layers'],
])('$modelType $1', (family, json, field) => {
  expect(() => family.readConfig(json)).toThrow(field);
});
