/** The rule that states and logits are compared by. */
import type { Tensor } from '../../packages/core/src/runtime';
import { values, type Values } from './allclose';

/** max |a − b| / max |b|: at most 2e-4 to agree; NaN where there is one, or where shapes differ. */
export function relativeError(found: Tensor | Values, expected: Tensor | Values): number {
  const [a, b] = [values(found), values(expected)];
  if (`${a.shape}` !== `${b.shape}`) return NaN;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < b.data.length; i++) {
    const error = Math.abs(a.data[i] - b.data[i]);
    if (Number.isNaN(error)) return NaN;
    difference = Math.max(difference, error);
    largest = Math.max(largest, Math.abs(b.data[i]));
  }
  return difference / Math.max(largest, Number.MIN_VALUE);
}
