/** What the recipes of the frozen towers of Shapes have in common. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SavePretrainedOptions } from '../../checkpoints';
import type { TrainingConfig } from '../../train';

export const TOWER_TRAINING: Omit<TrainingConfig, 'batchSize' | 'learningRate'> = {
  seed: 0,
  steps: 1200,
  minLearningRate: 0,
  warmupSteps: 100,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  clipNorm: 1,
  accumulate: 1,
  precision: 'fp32',
};

/** How language models and the captioner are shipped: in half the space, with the same answers. */
export const STORED: SavePretrainedOptions = { dtype: 'float16' };

export function copyTokenizer(from: string, to: string): void {
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(from, file), join(to, file));
}
