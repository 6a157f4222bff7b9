/** compile(): the same as eager, once per signature, with nothing frozen that should vary. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  Blip2Error,
  compile,
  dropout,
  gelu,
  HalfTensor,
  layerNorm,
  linear,
  matmul,
  onCompilation,
  ParameterStore,
  Rng,
  softmax,
  tf,
  valueAndGradients,
  withPrecision,
  type Compilation,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';

const log: Compilation[] = [];
const stop = onCompilation((compilation) => log.push(compilation));
afterEach(() => void log.splice(0));

/** Small programs of square matrices, drawn at random: each step replaces one of three by an operation on others. */
function randomProgram(seed: number): (x: Tensor[]) => Tensor {
  let state = seed;
  const draw = (n: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % n;
  };
  const operations: ((a: Tensor, b: Tensor) => Tensor)[] = [
    (a, b) => tf.add(a, b),
    (a, b) => tf.mul(a, tf.sigmoid(b)),
    (a, b) => linear(a, b),
    (a, b) => matmul(softmax(a), b),
    (a, b) =>
      layerNorm(a, b.slice([0, 0], [1, -1]).reshape([-1]), b.slice([1, 0], [1, -1]).reshape([-1]), 1e-5),
    (a) => gelu(a),
    (a) => tf.transpose(a),
    (a, b) => tf.concat([a, b], 0).slice([1, 0], [a.shape[0], -1]),
    (a) => tf.mul(tf.ones(a.shape), tf.mean(a)),
  ];
  const steps = Array.from({ length: 8 }, () => [draw(3), draw(operations.length), draw(3), draw(3)]);
  return (inputs) => {
    const x = [...inputs];
    for (const [target, operation, a, b] of steps) x[target] = operations[operation](x[a], x[b]);
    return tf.mean(tf.square(tf.addN(x)));
  };
}

describe('equal to eager, values and gradients', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('random program %i', (seed) => {
    const program = randomProgram(seed);
    const rng = Rng.from(seed);
    const inputs = { a: rng.normal([5, 5]), b: rng.normal([5, 5]), c: rng.normal([5, 5]) };
    const run = (x: Record<string, Tensor>) =>
      valueAndGradients(() => ({ loss: program(Object.values(x)) }), x);
    const eager = run(inputs);
    for (const xla of [false, true]) {
      const { value, gradients } = compile(run, { xla })(inputs);
      expect(value.loss).toBeAllclose(eager.value.loss, { rtol: 1e-4, atol: 1e-5 });
      for (const name of ['a', 'b', 'c']) {
        expect(gradients[name]).toBeAllclose(eager.gradients[name], { rtol: 1e-3, atol: 1e-4 });
      }
    }
  });
});

it('compiles once per signature and logs each compilation', () => {
  const twice = compile((x: Tensor) => tf.mul(x, 2), { name: 'twice' });
  for (const shape of [[2], [2], [3], [2]]) expect(twice(tf.ones(shape))).toBeAllclose(tf.fill(shape, 2));
  expect(twice.signatures()).toBe(2);
  expect(log.map(({ name, signature }) => `${name} ${signature}`)).toEqual([
    'twice (float32[2])',
    'twice (float32[3])',
  ]);
  expect(log[0].operations).toBeGreaterThan(0);
  expect(log[0].seconds).toBeGreaterThan(0);
});

it('takes what varies as inputs: rate, seed, weight', () => {
  const weights = ParameterStore.from({ w: tf.ones([4]) });
  const step = compile((rate: Tensor, seed: Tensor) => {
    const noise = dropout(tf.ones([4]), 0.5, new Rng(seed));
    weights.assign('w', tf.sub(weights.read('w'), rate));
    return { noise, w: weights.read('w') };
  });
  const call = (rate: number, seed: number) => step(tf.scalar(rate), tf.tensor1d([seed, 1], 'int32'));
  const first = call(0.25, 1);
  const second = call(0.5, 2);
  const again = call(0, 1);
  expect(first.w).toBeAllclose(tf.fill([4], 0.75));
  expect(second.w).toBeAllclose(tf.fill([4], 0.25));
  expect(weights.read('w')).toBeAllclose(tf.fill([4], 0.25));
  expect(again.noise).toBeAllclose(first.noise);
  expect(second.noise.dataSync()).not.toEqual(first.noise.dataSync());
  weights.assign('w', tf.fill([4], 3));
  expect(call(1, 1).w).toBeAllclose(tf.fill([4], 2));
  expect(step.signatures()).toBe(1);
  weights.dispose();
});

it('tracing has no side effects: the first call changes a variable once', () => {
  const weights = ParameterStore.from({ w: tf.scalar(0) });
  const count = compile(() => {
    weights.assign('w', tf.add(weights.read('w'), 1));
    return {};
  });
  for (let i = 0; i < 3; i++) count();
  expect(weights.read('w').dataSync()[0]).toBe(3);
  weights.dispose();
});

it.each([false, true])('reads and writes of a variable keep their order (XLA: %s)', (xla) => {
  const weights = ParameterStore.from({ w: tf.scalar(2) });
  const run = compile(
    () => {
      const before = weights.read('w');
      weights.assign('w', tf.mul(before, 10));
      const between = weights.read('w');
      weights.assign('w', tf.add(between, 1));
      return { before, between, after: weights.read('w') };
    },
    { xla },
  );
  const { before, between, after } = run();
  expect([before, between, after].map((x) => x.dataSync()[0])).toEqual([2, 20, 21]);
  expect(weights.read('w').dataSync()[0]).toBe(21);
  weights.dispose();
});

it('reading a value inside is an error that names the function', () => {
  const peek = compile((x: Tensor) => tf.mul(x, x.dataSync()[0]), { name: 'peek' });
  expect(() => peek(tf.ones([2]))).toThrow(Blip2Error);
  expect(() => peek(tf.ones([2]))).toThrow(/read inside the compiled function "peek"/);
  // Nothing of the failed trace stays active.
  expect(tf.add(1, 1).dataSync()[0]).toBe(2);
});

it('what a trace cannot hold is an error that says so', () => {
  let kept: Tensor | undefined;
  compile((x: Tensor) => {
    kept = tf.keep(tf.add(x, 1));
    return kept;
  })(tf.scalar(1));
  const later = compile((x: Tensor) => tf.mul(x, kept!), { name: 'later' });
  expect(() => later(tf.scalar(1))).toThrow('"later" uses a tensor that was made while another function');

  const careless = compile(() => void ParameterStore.from({ w: tf.scalar(0) }), {
    name: 'careless',
  });
  expect(() => careless()).toThrow('A variable was created inside the compiled function "careless"');

  const half = HalfTensor.from(tf.scalar(1), 'bfloat16');
  const bytes = compile(() => void half.bytes(), { name: 'bytes' });
  expect(() => bytes()).toThrow('read inside the compiled function "bytes"');

  const scale = compile((x: Tensor, factor: Tensor) => tf.mul(x, factor));
  expect(() => scale(tf.scalar(1), 0.5 as never)).toThrow('There is 0.5 where a tensor should be');
  expect(scale(tf.scalar(1), tf.scalar(0.5)).dataSync()[0]).toBe(0.5);
});

it('the precision that it is called in counts', () => {
  const [x, w] = [Rng.from(1).normal([8, 32]), Rng.from(2).normal([8, 32])];
  const product = compile(() => linear(x, w));
  const [exact, rounded] = [product(), withPrecision('bf16', product)];
  expect(exact).toBeAllclose(linear(x, w));
  expect(rounded).toBeAllclose(withPrecision('bf16', () => linear(x, w)));
  expect(rounded.dataSync()).not.toEqual(exact.dataSync());
});

it('an error of the function itself comes through, and the next call works', () => {
  let fail = true;
  const moody = compile((x: Tensor) => {
    if (fail) throw new Error('not today');
    return tf.add(x, 1);
  });
  expect(() => moody(tf.ones([1]))).toThrow('not today');
  fail = false;
  expect(moody(tf.ones([1]))).toBeAllclose(tf.fill([1], 2));
});

it('captured tensors stay alive though their owner disposes of them', () => {
  const captured = Rng.from(3).normal([400]);
  const expected = captured.dataSync();
  const addIt = compile((x: Tensor) => tf.add(x, captured));
  addIt(tf.zeros([400]));
  captured.dispose();
  expect(addIt(tf.zeros([400])).dataSync()).toEqual(expected);
  addIt.dispose();
});

it('large constants stay out of the graph', () => {
  const small = compile((x: Tensor) => tf.mul(tf.ones([2]), x), { name: 'small' });
  const large = compile((x: Tensor) => tf.mul(tf.ones([1000, 1000]), x), { name: 'large' });
  const random = compile((x: Tensor) =>
    tf.mul(tf.tensor1d(Float32Array.from({ length: 1e6 }, (_, i) => i)), x),
  );
  for (const fn of [small, large, random]) fn(tf.scalar(3));
  expect(Math.max(...log.map(({ bytes }) => bytes))).toBeLessThan(10_000);
  expect(random(tf.scalar(2)).dataSync()[999_999]).toBe(1_999_998);
});

it('a constant that comes up again is one in the graph; 0 and −0 are two', () => {
  const scaled = (times: number) => (x: Tensor) =>
    Array.from({ length: times }).reduce<Tensor>((y) => tf.mul(y, 0.5), x);
  for (const times of [1, 2, 11]) compile(scaled(times), { name: `${times}` })(tf.scalar(3));
  const [one, two, eleven] = log.map(({ bytes }) => bytes);
  expect(eleven - two).toBeLessThan(9 * (two - one) + 100); // names grow by a digit
  const signs = compile((x: Tensor) => [tf.div(x, tf.scalar(0)), tf.div(x, tf.scalar(-0))]);
  expect(signs(tf.scalar(1)).map((y) => y.dataSync()[0])).toEqual([Infinity, -Infinity]);
});

it('a compiled function inside another becomes part of it', () => {
  const inner = compile((x: Tensor) => tf.square(x), { name: 'inner' });
  const outer = compile((x: Tensor) => tf.add(inner(x), 1), { name: 'outer' });
  expect(outer(tf.scalar(3)).dataSync()[0]).toBe(10);
  expect(log.map(({ name }) => name)).toEqual(['outer']);
});

it('takes and returns trees, untouched inputs and 16-bit tensors', () => {
  const pass = compile((x: { a: Tensor; list: Tensor[]; none?: Tensor }, h: HalfTensor) => ({ ...x, h }));
  const half = HalfTensor.from(tf.tensor1d([1, 2]), 'bfloat16');
  const out = pass({ a: tf.scalar(1), list: [tf.scalar(2), tf.scalar(3)] }, half);
  expect(out.list.map((x) => x.dataSync()[0])).toEqual([2, 3]);
  expect(out.none).toBeUndefined();
  expect(out.h).toBeInstanceOf(HalfTensor);
  expect(out.h.toFloat32()).toBeAllclose(tf.tensor1d([1, 2]));
});

it('thousands of calls grow neither in tensors nor in memory', () => {
  const weights = ParameterStore.from({ w: Rng.from(0).normal([64, 64]) });
  const step = compile((x: Tensor, rate: Tensor) => {
    const w = weights.readAll();
    const { value, gradients } = valueAndGradients(() => ({ loss: tf.mean(tf.square(linear(x, w.w))) }), w);
    weights.assign('w', tf.sub(w.w, tf.mul(gradients.w, rate)));
    return value;
  });
  const x = Rng.from(1).normal([16, 64]);
  const call = (): void => tf.tidy(() => void step(x, tf.scalar(1e-3)).loss.dataSync());
  for (let i = 0; i < 500; i++) call();
  const before = { tensors: tf.memory().numTensors, rss: process.memoryUsage.rss() };
  for (let i = 0; i < 5000; i++) call();
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(process.memoryUsage.rss() - before.rss).toBeLessThan(60e6);
  weights.dispose();
  stop();
});
