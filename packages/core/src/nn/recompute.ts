/** Blocks whose inner values are computed again for the backward pass in place of being kept (`withRecompute`). */
import { isRecomputing, recomputed, type Rng, type Tensor } from '../runtime';
import { Weights } from './weights';

/** Whatever a block reads beside its weights. */
type Arguments = Readonly<Record<string, Tensor | undefined>>;

/**
 * `body(w, args, rng)`: a block, as a function of nothing else. What it makes on the way, such as probabilities, is gone
 * after it if it is recomputed.
 */
export function recomputable<A extends Arguments>(
  w: Weights,
  args: A,
  rng: Rng | undefined,
  body: (w: Weights, args: A, rng?: Rng) => Tensor,
): Tensor {
  if (!isRecomputing()) return body(w, args, rng);
  return recomputed({ args, weights: w.entries(), rng }, (again) =>
    body(new Weights(again.weights), again.args as A, again.rng),
  );
}
