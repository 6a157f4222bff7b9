/** Dropout, and the stop of a gradient. */
import type { Rng } from '../random';
import { tf, type Tensor } from '../tensorflow';
import { customGradient } from './customGradient';

let isOn = true;

/** Runs `body` with dropout where there is any, or without, whatever it draws else. */
export function withDropout<T>(on: boolean, body: () => T): T {
  const previous = isOn;
  isOn = on;
  try {
    return body();
  } finally {
    isOn = previous;
  }
}

/** Zeroes each element with probability `rate` and scales the rest by 1 / (1 − rate). Without an rng (inference) x itself. */
export function dropout(x: Tensor, rate: number, rng: Rng | undefined): Tensor {
  if (!rng || rate === 0 || !isOn) return x;
  if (rate === 1) return tf.mul(x, 0); // 1 / (1 − rate) is no number
  const keep = tf.mul(tf.cast(rng.bernoulli(x.shape, 1 - rate), 'float32'), 1 / (1 - rate));
  return tf.mul(x, keep);
}

/** x, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return customGradient([x], ([input]) => ({
    value: tf.clone(input),
    gradients: (dy) => [tf.zerosLike(dy)],
  }));
}
