/** Parameter counts of the paper's sizes, from the specs alone. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  BERT,
  bertParameters,
  blip2Qformer,
  blip2QformerParameters,
  CLIP_LARGE,
  CLIP_VIT_L,
  clipParameters,
  EVA_VIT_G,
  qformerParameters,
  vitParameters,
} from '../../packages/core/src/models';
import { countParameters } from '../../packages/core/src/nn';
import { config, fixture } from '../support/stage1';

const counts = JSON.parse(readFileSync('test/fixtures/parameter-counts.json', 'utf8')) as Record<
  string,
  { qformer_and_queries: number; stage1_trainable: number; stage2_trainable: Record<string, number> }
>;

describe('counts', () => {
  // The paper says 188M (Table 1, section 3.1); no subset of its authors' own model gives that.
  test.each([
    ['vit-l', 1024, 183_165_758],
    ['vit-g', 1408, 186_705_470],
  ])("stage 1 in front of %s trains what LAVIS trains, near the paper's 188M", (name, width, count) => {
    const model = blip2Qformer(width);
    expect(countParameters(blip2QformerParameters(model))).toBe(count);
    expect(counts[name].stage1_trainable).toBe(count);
    expect(Math.abs(count / 188e6 - 1)).toBeLessThan(0.03);
    expect(countParameters(qformerParameters(model.qformer))).toBe(counts[name].qformer_and_queries);
  });

  test('the Q-Former of stage 2: no text, ln_vision and a projection to the language model', () => {
    const { qformer } = blip2Qformer(1408);
    const body = countParameters(qformerParameters({ ...qformer, useQformerTextInput: false }));
    const opt = 2560;
    expect(body + 2 * 1408 + (768 + 1) * opt).toBe(counts['vit-g'].stage2_trainable['opt-2.7b']);
  });

  test('vision towers, CLIP, BERT', () => {
    expect(countParameters(vitParameters(CLIP_VIT_L, { layers: 23 }))).toBe(290_581_504);
    // LAVIS has no key bias; Hugging Face stores zeros there.
    expect(countParameters(vitParameters(EVA_VIT_G))).toBe(985_894_528 + 39 * 1408);
    expect(countParameters(clipParameters(CLIP_LARGE))).toBe(427_616_513);
    expect(countParameters(bertParameters(BERT.readConfig({})))).toBe(109_514_298);
  });
});

describe('names and shapes', () => {
  test('stage 1: exactly those of PyTorch', () => {
    const specs = Object.entries(blip2QformerParameters(config)).map(([name, { shape }]) => [name, shape]);
    const expected = fixture.names('w.').map((name) => [name, fixture.values(`w.${name}`).shape]);
    expect(Object.fromEntries(specs)).toEqual(Object.fromEntries(expected));
  });
});
