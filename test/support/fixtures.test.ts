/** The rule that gradients are compared by: it must see what it is there to see. */
import { expect, test } from 'vitest';
import { tf } from '../../packages/core/src/runtime';
import { gradientError } from './fixtures';

const expected = {
  weight: { shape: [2], data: [3, 4] },
  small: { shape: [2], data: [0.3, 0.4] },
  keyBias: { shape: [2], data: [1e-9, 0] }, // zero but for rounding
};
const found = (changes: Record<string, number[]>) => {
  const entries = Object.entries(expected).map(([name, { data }]) => [
    name,
    tf.tensor1d(changes[name] ?? data),
  ]);
  return gradientError(expected, Object.fromEntries(entries) as Record<string, never>);
};

test.each([
  ['equal', {}, 0, 2],
  ['each parameter is measured by its own norm', { small: [0.3, 0.45] }, 0.1, 5],
  ['a true gradient of zero by a share of all', { keyBias: [1e-9, 5e-9] }, 1e-5, 5],
])('%s', (_, changes, error, digits) => {
  expect(found(changes).error).toBeCloseTo(error, digits);
});

test.each(['weight', 'small', 'keyBias'])('NaN in %s is the worst', (name) => {
  expect(found({ [name]: [NaN, 0] })).toEqual({ error: NaN, name });
});

test('a gradient that is missing is an error', () => {
  expect(() => gradientError(expected, {})).toThrow();
});
