/** The optimizer that every training case runs with. */
export const trainingConfig = (batchSize: number, minLearningRate: number, variant: string) => ({
  seed: 0,
  steps: 100_000,
  batchSize,
  learningRate: 1e-4,
  minLearningRate,
  warmupSteps: 10,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  clipNorm: 1,
  accumulate: 1,
  precision: variant === 'bf16' ? ('bf16' as const) : ('fp32' as const),
  recompute: variant === 'recompute',
});
