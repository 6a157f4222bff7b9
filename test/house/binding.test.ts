// The house stands: TensorFlow's native binding loads in a test process and computes.
import { expect, it } from 'vitest';
import { tf } from '../../packages/core/src/runtime';

it('computes with the native TensorFlow', () => {
  expect(tf.getBackend()).toBe('tensorflow');
  expect(tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).arraySync()).toEqual([
    [3, 3],
    [3, 3],
  ]);
});
