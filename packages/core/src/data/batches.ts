/**
 * Which examples make up which batch. A batch is a pure function of (seed, step): a resumed run sees exactly the batches
 * of an undisturbed one. B batch.
 */
import { Blip2Error } from '../runtime';
import { drawBelow, permutation } from './random';

export interface BatchSourceOptions {
  /** Number of examples. */
  size: number;
  batchSize: number;
  seed: number;
  /** Captions of an example, one of which is drawn per step; 1 unless given. */
  captions?: (example: number) => number;
}

export interface Batch {
  step: number;
  epoch: number;
  /** [B] example numbers. */
  indices: Int32Array;
  /** [B] which of the example's captions. */
  captions: Int32Array;
}

const CAPTION_STREAM = 1;

/** Shuffled anew every epoch; the examples that are left over at its end, too few for a batch, are dropped. */
export class BatchSource {
  readonly stepsPerEpoch: number;
  private order: { epoch: number; indices: Int32Array } | undefined;

  /** @throws Blip2Error if not even one batch fits. */
  constructor(private readonly options: BatchSourceOptions) {
    const { size, batchSize } = options;
    this.stepsPerEpoch = Math.floor(size / batchSize);
    if (!(this.stepsPerEpoch >= 1)) {
      throw new Blip2Error(`A batch of ${batchSize} cannot be drawn from ${size} examples`, {
        hint: 'Make batchSize smaller, or take more examples.',
      });
    }
  }

  /** The batch of a step, counted from 0 over all epochs. */
  batch(step: number): Batch {
    const { batchSize, seed, captions } = this.options;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const start = (step % this.stepsPerEpoch) * batchSize;
    const indices = this.epochOrder(epoch).slice(start, start + batchSize);
    const draw = (example: number) =>
      captions ? drawBelow(captions(example), seed, CAPTION_STREAM, step, example) : 0;
    return { step, epoch, indices, captions: indices.map(draw) };
  }

  private epochOrder(epoch: number): Int32Array {
    const { size, seed } = this.options;
    if (this.order?.epoch !== epoch) this.order = { epoch, indices: permutation(size, seed, epoch) };
    return this.order.indices;
  }
}
