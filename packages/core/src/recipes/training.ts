/** The hyper-parameters that every recipe has, with the paper's optimizer as the default (section 3.4, table of LAVIS). */
import { z } from 'zod';

const count = z.number().int().positive();
const rate = z.number().nonnegative();

/** Fields of a recipe's schema; see `TrainingConfig` for what they mean. */
export const trainingShape = {
  seed: z.number().int().nonnegative().default(0),
  steps: count,
  batchSize: count,
  learningRate: z.number().positive(),
  minLearningRate: rate.default(0),
  warmupSteps: z.number().int().nonnegative(),
  weightDecay: rate.default(0.05),
  beta1: rate.max(1).default(0.9),
  beta2: rate.max(1).default(0.98),
  epsilon: z.number().positive().default(1e-8),
  clipNorm: rate.default(1),
  accumulate: count.default(1),
  precision: z.enum(['fp32', 'bf16']).default('fp32'),
};

export const trainingSchema = z.strictObject(trainingShape);
