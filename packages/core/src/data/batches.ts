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
  /** The examples left over at the end of an epoch: dropped (default), or padded to a full batch and masked. */
  last?: 'drop' | 'mask';
  /** Reshuffle every epoch (default), or keep the order of the data, as evaluation does. */
  shuffle?: boolean;
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
  /** [B] 1 for a real example, 0 for padding (padding repeats the batch's first example). */
  mask: Int32Array;
}

const CAPTION_STREAM = 1;

export class BatchSource {
  readonly stepsPerEpoch: number;
  private order: { epoch: number; indices: Int32Array } | undefined;

  /** @throws Blip2Error if not even one batch fits. */
  constructor(private readonly options: BatchSourceOptions) {
    const { size, batchSize, last = 'drop' } = options;
    this.stepsPerEpoch = last === 'drop' ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
    if (!(this.stepsPerEpoch >= 1)) {
      throw new Blip2Error(`A batch of ${batchSize} cannot be drawn from ${size} examples`, {
        hint: "Make batchSize smaller, or keep the last batch with last: 'mask'.",
      });
    }
  }

  /** The batch of a step, counted from 0 over all epochs. */
  batch(step: number): Batch {
    const { size, batchSize, seed, captions } = this.options;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const start = (step % this.stepsPerEpoch) * batchSize;
    const order = this.epochOrder(epoch);
    const mask = Int32Array.from({ length: batchSize }, (_, row) => (start + row < size ? 1 : 0));
    const indices = mask.map((real, row) => order[real ? start + row : start]);
    const draw = (example: number) =>
      captions ? drawBelow(captions(example), seed, CAPTION_STREAM, step, example) : 0;
    return { step, epoch, indices, captions: indices.map(draw), mask };
  }

  private epochOrder(epoch: number): Int32Array {
    const { size, seed, shuffle = true } = this.options;
    if (this.order?.epoch !== epoch) {
      const indices = shuffle
        ? permutation(size, seed, epoch)
        : Int32Array.from({ length: size }, (_, i) => i);
      this.order = { epoch, indices };
    }
    return this.order.indices;
  }
}
