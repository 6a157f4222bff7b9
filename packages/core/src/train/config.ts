/** The hyper-parameters that every recipe has, with the paper's optimizer as the default (section 3.4, table of LAVIS). */
import { z } from 'zod';
import { Blip2Error } from '../runtime';

/** Hyper-parameters of the loop: plain numbers, part of the recipe's hash. */
export interface TrainingConfig {
  seed: number;
  steps: number;
  batchSize: number;
  /** Peak learning rate. */
  learningRate: number;
  /** What the cosine ends at. */
  minLearningRate: number;
  warmupSteps: number;
  /** Decoupled decay, of matrices only. */
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Largest joint L2 norm of the gradients; 0: no clipping. */
  clipNorm: number;
  /** Micro-batches of `batchSize` whose gradients are averaged before each update. */
  accumulate: number;
  /** Type of matrix products. */
  precision: 'fp32' | 'bf16';
  /** Blocks keep only what they read, and are computed a second time for the backward pass: less memory, more time. */
  recompute?: boolean;
  /** Examples that a batch is computed in at a time, by losses that compare all of it (GradCache): less memory, more time. */
  gradCache?: number;
}

const count = z.number().int().positive();
const rate = z.number().nonnegative();

/** Fields of a recipe's schema. */
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
  // Without defaults: runs from before there were these keep their hashes.
  recompute: z.boolean().optional(),
  gradCache: count.optional(),
} satisfies Record<keyof TrainingConfig, z.ZodType>;

/** Parts a recipe's settings into the loop's and the rest. */
export function trainingOf<T extends TrainingConfig>(
  settings: T,
): { training: TrainingConfig; rest: Omit<T, keyof TrainingConfig> } {
  const [training, rest]: Record<string, unknown>[] = [{}, {}];
  for (const [name, value] of Object.entries(settings))
    (name in trainingShape ? training : rest)[name] = value;
  return { training: training as unknown as TrainingConfig, rest: rest as Omit<T, keyof TrainingConfig> };
}

/** A recipe's hyper-parameters with those of the caller in their place. @throws Blip2Error naming what is out of range */
export function mergeTraining(own: TrainingConfig, changes: Partial<TrainingConfig>): TrainingConfig {
  const given = Object.entries(changes).filter(
    ([name, value]) => name in trainingShape && value !== undefined,
  );
  const merged: TrainingConfig = { ...own, ...(Object.fromEntries(given) as Partial<TrainingConfig>) };
  const issue = z.strictObject(trainingShape).safeParse(merged).error?.issues[0];
  if (!issue) return merged;
  throw new Blip2Error(`train: ${issue.path.join('.')}: ${issue.message}`, {
    hint: 'See docs/training.md for what it may be.',
    exitCode: 2,
  });
}
