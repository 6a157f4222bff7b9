/** How much memory a training takes on one worker: what is always there, and what a step adds. In bytes. */
import type { RunSize, Storage } from './size';

const BYTES: Record<Storage, number> = { float32: 4, float16: 2, bfloat16: 2 };

/** Of one worker. */
export interface MemoryOptions {
  /** Pictures that this worker sees at once. */
  batchSize: number;
  /** Micro-batches; with more than one, a second set of gradients is held. */
  accumulate: number;
  /** Blocks are computed anew in the backward pass. */
  recompute: boolean;
  /** Pictures that are computed at a time, where the batch is computed in chunks (GradCache); all unless given. */
  chunk?: number;
}

/** By what takes it. */
export interface Memory {
  /** Frozen towers as they are stored. */
  frozen: number;
  /** What is trained, in float32. */
  weights: number;
  gradients: number;
  /** AdamW's two. */
  moments: number;
  /** What the backward pass needs of the forward pass, and the features that go in. */
  activations: number;
  /** The larger of activations and of what a frozen vision tower needs while it looks, and everything else. */
  peak: number;
}

/** An estimate, counted from shapes: docs/pretraining.md says how far it was off where it was measured. */
export function memoryOf(
  size: RunSize,
  { batchSize, accumulate, recompute, chunk = batchSize }: MemoryOptions,
): Memory {
  const frozen = size.parts
    .filter(({ trained }) => !trained)
    .reduce((sum, { parameters, storage }) => sum + parameters * BYTES[storage], 0);
  const weights = 4 * size.trainable;
  const gradients = weights * (accumulate > 1 ? 2 : 1);
  const moments = 2 * weights;
  const { kept, keptByRecompute } = size.cost;
  const perPicture = recompute ? keptByRecompute : kept;
  const activations = 4 * (Math.min(chunk, batchSize) * perPicture + batchSize * size.features);
  const looking = 4 * batchSize * (size.transient + size.features);
  return {
    frozen,
    weights,
    gradients,
    moments,
    activations,
    peak: frozen + weights + moments + Math.max(gradients + activations, looking),
  };
}
