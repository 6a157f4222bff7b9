/** A decoder-only tower against transformers, on a fixture of test/fixtures/make/decoder_only.py. */
import { describe, expect, test } from 'vitest';
import type { DecoderOnlyTower, Prompt } from '../../packages/core/src/models';
import { Weights } from '../../packages/core/src/nn';
import { tf, type Tensor } from '../../packages/core/src/runtime';
import type { Fixture } from './fixtures';
import { languageTowerContract } from './languageTower';
import { relativeError } from './relativeError';
import { outputParity } from './towerParity';

export interface DecoderCase {
  weights: Record<string, Tensor>;
  w: Weights;
  prompt: Prompt;
  /** int32 [B, T] */
  target: Tensor;
}

/** The fixture's tensors behind `name.`. */
export function decoderCase(fixture: Fixture, name: string): DecoderCase {
  const weights = fixture.tensors(`${name}.w.`);
  const prompt = {
    embeddings: fixture.tensor(`${name}.in.embeddings`),
    mask: fixture.tensor(`${name}.in.mask`),
  };
  return { weights, w: new Weights(weights), prompt, target: fixture.tensor(`${name}.in.target`) };
}

/** Tests of states, logits, gradients, and of the contract of LanguageTower. */
export function decoderOnlyParity(fixture: Fixture, name: string, tower: DecoderOnlyTower): void {
  const { weights, w, prompt, target } = decoderCase(fixture, name);

  test('hidden states', () => {
    const mask = tf.concat([prompt.mask, tf.onesLike(target)], 1);
    const embeddings = tf.concat([prompt.embeddings, tower.embed(w, target)], 1);
    const states = tower.states(w, { embeddings, mask });
    expect(states).toHaveLength(fixture.names(`${name}.a.hidden.`).length);
    const real = tf.expandDims(mask.toFloat(), 2); // what stands in padding means nothing
    states.forEach((found, i) => {
      const expected = fixture.tensor(`${name}.a.hidden.${i}`);
      expect(relativeError(found.mul(real), expected.mul(real)), `state ${i}`).toBeLessThan(2e-4);
    });
  });

  outputParity(fixture, name, { tower, weights, prompt, target });

  describe('contract', () => {
    languageTowerContract({ tower, weights, prompt, target });
  });
}
