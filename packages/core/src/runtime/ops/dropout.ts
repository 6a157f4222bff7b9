/** Dropout, and the stop of a gradient. */
import { attribute } from '../binding';
import { execute } from '../execute';
import { hasKernels } from '../kernels';
import { sizeOf } from '../philox';
import type { Decisions, Rng } from '../random';
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

/** Whether there is dropout now (see `withDropout`), where it is asked for. */
export const isDropoutOn = (): boolean => isOn;

/** Zeroes each element with probability `rate` and scales the rest by 1 / (1 − rate). Without an rng (inference) x itself. */
export function dropout(x: Tensor, rate: number, rng: Rng | undefined): Tensor {
  if (!rng || rate === 0 || !isOn) return x;
  if (rate === 1) return tf.mul(x, 0); // 1 / (1 − rate) is no number
  const decisions = kernelDecisions(rate, rng);
  if (!decisions) {
    return tf.mul(x, tf.mul(tf.cast(rng.bernoulli(x.shape, 1 - rate), 'float32'), 1 / (1 - rate)));
  }
  return customGradient([x], ([input], save) => {
    save([decisions.seed]);
    return {
      value: dropped(input, decisions),
      gradients: (dy, [seed]) => [dropped(dy, { ...decisions, seed })],
    };
  });
}

/** What the kernel is to decide by; undefined where there is no dropout, or another form of it. */
export function kernelDecisions(rate: number, rng: Rng | undefined): Decisions | undefined {
  return rng && isOn && rate > 0 && rate < 1 && hasKernels() ? rng.decisions(1 - rate) : undefined;
}

/**
 * What `dropout` makes of x by these decisions, without a gradient.
 * @param after in a compiled function: not before these tensors are there
 */
export function dropped(x: Tensor, decisions: Decisions, after?: readonly Tensor[]): Tensor {
  const { limit, seed, rows, probability } = decisions;
  const row = sizeOf(x.shape.slice(1));
  const [part, whole, first] = rows
    ? [rows.count * row, rows.total * row, rows.first * row]
    : [x.size, x.size, 0];
  const attributes = [
    ...Object.entries({ limit, part, whole, first }).map(([name, value]) => attribute(name, 'int', value)),
    attribute('factor', 'float', 1 / probability),
  ];
  return execute('Blip2Dropout', attributes, [x, seed], after);
}

/** x, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return customGradient([x], ([input]) => ({
    value: tf.clone(input),
    gradients: (dy) => [tf.zerosLike(dy)],
  }));
}
