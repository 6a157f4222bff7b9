/**
 * Stage 1 on the Shapes world: a small Q-Former from scratch in front of the world's own CLIP ViT, about two minutes of
 * training on two cores.
 *
 *   npx blip2 pretrain stage1 --recipe shapes --data shapes --out runs/stage1
 *   npx blip2 evaluate retrieval --model runs/stage1 --data shapes
 *
 * A smoke run: the first line with `--set steps=60`.
 */
import type { Stage1Options } from '../stage1Options';

export const shapesStage1: Omit<Stage1Options, 'data'> = {
  queries: 8,
  losses: { itc: 1, itm: 1, itg: 1 },
  qformer: {
    width: 64,
    layers: 4,
    heads: 4,
    feedForward: 256,
    crossAttentionFrequency: 2,
    embeddingStd: 0.1,
  },
  temperature: 0.07,
  steps: 1400,
  batchSize: 32,
  learningRate: 2e-3,
  warmupSteps: 50,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 1,
};
