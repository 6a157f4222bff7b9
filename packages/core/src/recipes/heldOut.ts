/** Held-out batches of a recipe, for the loss of validation. */
import type { ImageTextSplit } from '../data';
import type { Task } from '../train';

/**
 * The batches of a split, each picture at most once; what is left over at its end is left out. Nothing is made of it before
 * the first is asked for.
 *
 * @param make inputs of batches of a size, as those of training
 * @param count of pictures that batches can be made of; all of the split unless given
 */
export function heldOutBatches(
  split: ImageTextSplit | undefined,
  batchSize: number,
  make: (split: ImageTextSplit, batchSize: number) => Promise<Task['inputs']>,
  count = split?.size ?? 0,
): Task['validation'] {
  if (!split || count === 0) return undefined;
  const size = Math.min(batchSize, count);
  let inputs: Promise<Task['inputs']> | undefined;
  return {
    batches: Math.floor(count / size),
    inputs: async (batch) => (await (inputs ??= make(split, size)))(batch),
  };
}
