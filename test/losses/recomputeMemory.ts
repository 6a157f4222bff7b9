/** Peak memory of a step through a deep stack, in MB above what the process had before: `tsx recomputeMemory.ts true|false` */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  compile,
  gelu,
  linear,
  recomputed,
  Rng,
  tf,
  valueAndGradients,
  withRecompute,
  type Tensor,
} from '../../packages/core/src/runtime';

const [ROWS, WIDTH, INNER, BLOCKS] = [4096, 256, 1024, 16];

const peak = (): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

const rng = Rng.from(1);
const weights = Object.fromEntries(
  Array.from({ length: BLOCKS }, (_, i) => [
    [`up${i}`, rng.normal([INNER, WIDTH], 0.02)],
    [`down${i}`, rng.normal([WIDTH, INNER], 0.02)],
  ]).flat() as [string, Tensor][],
);

const step = compile((given: Record<string, Tensor>, input: Tensor) => {
  const loss = () => {
    let x = input;
    for (let i = 0; i < BLOCKS; i++) {
      const own = { up: given[`up${i}`], down: given[`down${i}`] };
      x = recomputed({ args: { x }, weights: own }, ({ args, weights: w }) =>
        args.x!.add(linear(gelu(linear(args.x!, w.up!)), w.down!)),
      );
    }
    return { loss: tf.mean(tf.square(x)) };
  };
  const { value, gradients } = withRecompute(process.argv[2] === 'true', () =>
    valueAndGradients(loss, given),
  );
  return { ...gradients, loss: value.loss };
});

const input = rng.normal([ROWS, WIDTH]);
writeFileSync('/proc/self/clear_refs', '5'); // the peak counts from here
const before = peak();
const loss = tf.tidy(() => step(weights, input).loss.dataSync()[0]);
console.log(JSON.stringify({ loss, peak: Math.round(peak() - before) }));
