/** valueAndGradients: what it does with tensors that are not its own. */
import { expect, it } from 'vitest';
import { compile, tf, valueAndGradients, type Tensor } from '../../packages/core/src/runtime';
import '../support/allclose';

const square = (x: Tensor) => tf.sum<Tensor>(tf.square(x));

it('hands the tensors of the result to the scope around it, and leaves the caller’s alone', () => {
  const [x, outside] = [tf.tensor1d([1, 2]), tf.tensor1d([3])];
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const fn = () => ({ loss: square(x), same: x, outside, twice: tf.mul(x, 2) });
    expect(valueAndGradients(fn, { x }).value.twice).toBeAllclose(tf.tensor1d([2, 4]));
  });
  expect(tf.memory().numTensors).toBe(before);
  expect([x, outside].map((own) => own.isDisposed)).toEqual([false, false]);
});

it.each(['eager', 'compiled'])('zeros for what the loss does not depend on, all of it even, %s', (mode) => {
  const run = (x: Tensor, y: Tensor) => {
    const some = valueAndGradients(() => ({ loss: square(x) }), { x, y });
    const none = valueAndGradients(() => ({ loss: tf.scalar(2) }), { x, y });
    return { some: some.gradients, none: none.gradients, loss: none.value.loss };
  };
  const inputs = [tf.tensor1d([1, 2]), tf.ones([2, 2])] as const;
  const { some, none, loss } = (mode === 'eager' ? run : compile(run))(...inputs);
  expect(some.x).toBeAllclose(tf.tensor1d([2, 4]));
  expect(some.y).toBeAllclose(tf.zeros([2, 2]));
  expect(none.x).toBeAllclose(tf.zeros([2]));
  expect(loss.dataSync()[0]).toBe(2);
});
