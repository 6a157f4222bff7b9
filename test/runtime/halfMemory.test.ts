/** Matrices in 16 bit stay so: no product keeps float32 copies of them for longer than it takes. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  compile,
  HalfTensor,
  linear,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';

const [WIDTH, LAYERS] = [1536, 24];
const WEIGHTS = 2 * WIDTH * WIDTH * LAYERS;

const kibibytes = (field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))![1]);

/** By how many bytes resident memory grows, at its highest, while `body` runs. */
function growth(body: () => void): number {
  writeFileSync('/proc/self/clear_refs', '5'); // forgets the highest so far
  const before = kibibytes('VmRSS');
  body();
  return (kibibytes('VmHWM') - before) * 1024;
}

describe.skipIf(!existsSync('/proc/self/clear_refs'))('compiled, a chain of layers grows', () => {
  const matrix = tf.randomUniform([WIDTH, WIDTH], -0.05, 0.05);
  const layers = Array.from({ length: LAYERS }, () => HalfTensor.from(matrix, 'float16'));
  const chain = (x: Tensor) => layers.reduce((state, layer) => linear(state, layer), x);
  const run = (rows: number, fn: (x: Tensor) => Tensor) => {
    const compiled = compile(fn);
    const x = tf.ones([rows, WIDTH]);
    const held = tf.memory().numTensors;
    const grown = growth(() => compiled(x).dispose());
    expect(tf.memory().numTensors).toBe(held);
    compiled.dispose();
    return grown;
  };

  it.each([1, 5, 200])('with %i rows by a small part of its weights', (rows) => {
    expect(run(rows, chain) / WEIGHTS).toBeLessThan(0.5);
  });

  it('and so does its gradient', () => {
    const gradient = (x: Tensor) => valueAndGradients(() => ({ loss: tf.sum(chain(x)) }), { x }).gradients.x;
    expect(run(200, gradient) / WEIGHTS).toBeLessThan(0.7);
  });
});
