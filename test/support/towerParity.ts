/** Logits and gradients of any language tower against transformers' (fixtures of opt.py, llama.py, t5.py). */
import { expect, test } from 'vitest';
import { softmaxCrossEntropy, valueAndGradients } from '../../packages/core/src/runtime';
import { Weights } from '../../packages/core/src/nn';
import { gradientError, type Fixture } from './fixtures';
import type { TowerCase } from './languageTower';
import { relativeError } from './relativeError';

export function outputParity(
  fixture: Fixture,
  name: string,
  { tower, weights, prompt, target }: TowerCase,
): void {
  const w = new Weights(weights);

  test('logits', () => {
    const expected = fixture.tensor(`${name}.a.logits`);
    expect(relativeError(tower.logits(w, prompt, target), expected)).toBeLessThan(2e-4);
  });

  test('gradient of the loss into the soft prompt', () => {
    const { embeddings } = prompt;
    const labels = fixture.tensor(`${name}.in.labels`).reshape([-1]);
    const { value, gradients } = valueAndGradients(
      () => {
        const logits = tower.logits(w, prompt, target).reshape([-1, tower.vocabSize]);
        return { loss: softmaxCrossEntropy(logits, labels) };
      },
      { embeddings },
    );
    expect(value.loss.dataSync()[0]).toBeCloseTo(fixture.scalar(`${name}.l.loss`), 5);
    const { error } = gradientError({ embeddings: fixture.values(`${name}.g.embeddings`) }, gradients);
    expect(error).toBeLessThanOrEqual(1e-4);
  });
}
