/** Softmax, its cross-entropy and dropout by operations of our own: what TensorFlow's give, and of dropout the same bits. */
import { describe, expect, it } from 'vitest';
import {
  attention,
  compile,
  dropout,
  ParameterStore,
  Rng,
  softmax,
  softmaxCrossEntropy,
  tf,
  valueAndGradients,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';
import { byTensorFlow } from '../support/byTensorFlow';

const EXACT = { rtol: 0, atol: 0 };
type Tensors = Record<string, Tensor>;

/** A value, and the gradients of its sum with slopes. */
function withGradients(body: (x: Tensors) => Tensor, isCompiled: boolean): (x: Tensors) => Tensors {
  const run = (x: Tensors): Tensors => {
    const { value, gradients } = valueAndGradients(() => {
      const y = body(x);
      return { loss: tf.sum(tf.mul(y, Rng.from(2).normal(y.shape))), y };
    }, x);
    return { y: value.y, ...gradients };
  };
  return isCompiled ? compile(run) : run;
}

function expectSame(
  body: (x: Tensors) => Tensor,
  x: Tensors,
  tolerance: { rtol: number; atol: number; equalNaN?: boolean },
) {
  for (const isCompiled of [false, true]) {
    const ours = withGradients(body, isCompiled)(x);
    const theirs = byTensorFlow(() => withGradients(body, isCompiled)(x));
    for (const [name, value] of Object.entries(theirs)) expect(ours[name]).toBeAllclose(value, tolerance);
  }
}

describe('dropout', () => {
  const shapes = [[1], [7], [3, 5], [64], [129, 33], [4, 5000, 3]];
  it.each(shapes.map((shape) => ({ shape })))('decides as TensorFlow’s draws do: $shape', ({ shape }) => {
    for (const [seed, rate] of [
      [0, 0.1],
      [-5, 0.5],
      [2 ** 31 - 1, 0.97],
    ]) {
      const x = Rng.from(3).normal(shape);
      expectSame((given) => dropout(given.x, rate, Rng.from(seed, 4)), { x }, EXACT);
    }
  });

  it.each([1, 2])('decides for rows of a batch as for all of it, which is there %i times', (times) => {
    const [total, count, row] = [6, 2, 101];
    const x = Rng.from(3).normal([times * total, row]);
    const whole = tf.reshape(dropout(x, 0.3, Rng.from(9)), [times, total, row]);
    for (const first of [0, 2, 4]) {
      const own = tf.slice(tf.reshape(x, [times, total, row]), [0, first], [times, count]);
      const rng = new Rng(Rng.from(9).seed, { first, count, total });
      const part = dropout(tf.reshape(own, [times * count, row]), 0.3, rng);
      expect(tf.reshape(part, own.shape)).toBeAllclose(tf.slice(whole, [0, first], [times, count]), EXACT);
    }
  });

  it('of nothing is nothing', () => {
    expect(dropout(tf.zeros([0, 9]), 0.5, Rng.from(1)).shape).toEqual([0, 9]);
  });

  it('draws nothing where all is kept', () => {
    const rng = Rng.from(1);
    const x = rng.normal([50]);
    const { draws } = rng;
    expect(dropout(x, 1e-6, rng)).toBeAllclose(x);
    expect(rng.draws).toBe(draws);
  });
});

describe('softmax', () => {
  const rng = Rng.from(7);
  const masks: Record<string, (sides: number[]) => Tensor | undefined> = {
    none: () => undefined,
    keys: ([batch, , , keys]) => tf.mul(tf.cast(rng.bernoulli([batch, 1, 1, keys], 0.3), 'float32'), -10_000),
    'keys of the first alone': ([, , , keys]) => rng.normal([keys]),
    'a row of none': ([, , queries, keys]) =>
      tf.mul(tf.oneHot(tf.zeros([keys], 'int32'), queries).transpose(), -10_000),
    positions: ([, heads, queries, keys]) => rng.normal([1, heads, queries, keys]),
    scores: (sides) => rng.normal(sides),
    rows: ([batch, , queries]) => rng.normal([batch, 1, queries, 1]),
  };
  const cases: { shape: number[]; scale: number; size: number }[] = [
    { shape: [2, 3, 4, 1], scale: 1, size: 1 },
    { shape: [2, 1, 3, 7], scale: 1, size: 10_000 },
    { shape: [1, 2, 5, 8], scale: 0.125, size: 10 },
    { shape: [2, 4, 16, 257], scale: 0.125, size: 30 },
  ];
  it.each(Object.keys(masks))('is TensorFlow’s, with its gradients; bias: %s', (mask) => {
    for (const { shape, scale, size } of cases) {
      const bias = masks[mask](shape);
      const x: Tensors = { scores: rng.normal(shape, size), ...(bias ? { bias } : {}) };
      const body = (given: Tensors) => softmax(given.scores, { scale, bias: given.bias });
      expectSame(body, x, { rtol: 2e-5, atol: 2e-6 });
    }
  });

  it('gives a row the same bits whatever is beside it, and sums of one', () => {
    const scores = rng.normal([3000, 37], 3);
    const all = softmax(scores);
    expect(softmax(scores.slice([1234], [2]))).toBeAllclose(all.slice([1234], [2]), EXACT);
    expect(tf.sum(all, 1)).toBeAllclose(tf.ones([3000]));
  });

  /** [5, width]: a number of this kind at another place in each row but the last, which has no others. */
  const withOdd = (odd: number, width: number): Tensor => {
    const places = Array.from({ length: 4 * width }, (_, i) =>
      Number(i % width === (width - 1 + Math.floor(i / width)) % width),
    );
    const rows = tf.where<Tensor>(tf.tensor2d(places, [4, width]).toBool(), odd, rng.normal([4, width]));
    return tf.concat([rows, tf.fill([1, width], odd)]);
  };

  // Rows shorter and longer than eight numbers: the odd one within them and in what is left.
  it.each([3, 8, 21])(
    'of rows of %i with −∞ is TensorFlow’s, and no number where there is nothing else',
    (width) => {
      const x = { x: withOdd(-Infinity, width) };
      expectSame((given) => softmax(given.x), x, { rtol: 2e-5, atol: 2e-6, equalNaN: true });
      expect(tf.isNaN(softmax(x.x)).sum().dataSync()[0]).toBe(width);
    },
  );

  it('keeps what is no number visible', () => {
    const scores = tf.tensor2d([
      [NaN, 0, 1],
      [Infinity, 0, 1],
      [-Infinity, 0, 0],
    ]);
    const [first, second, third] = softmax(scores).arraySync() as number[][];
    expect(first.every(Number.isNaN) && Number.isNaN(second[0])).toBe(true);
    expect(third).toEqual([0, 0.5, 0.5]);
  });
});

describe('cross-entropy', () => {
  it.each([0, 0.1])('is TensorFlow’s, with its gradient; smoothing %s', (labelSmoothing) => {
    const rng = Rng.from(4);
    for (const [rows, classes, size] of [
      [3, 2, 1],
      [5, 7, 100],
      [1, 32, 1],
      [200, 1003, 5],
    ]) {
      const labels = tf.tensor1d(
        Array.from({ length: rows }, (_, row) => (row % 4 === 1 ? -100 : (row * 7919) % classes)),
        'int32',
      );
      const x = { logits: rng.normal([rows, classes], size) };
      const body = ({ logits }: Tensors) => softmaxCrossEntropy(logits, labels, { labelSmoothing });
      expectSame(body, x, { rtol: 2e-5, atol: 2e-7 });
    }
  });

  it.each([NaN, Infinity, -Infinity])('of rows with %s is TensorFlow’s, with its gradient', (odd) => {
    const rng = Rng.from(4);
    for (const classes of [3, 8, 45]) {
      const odds = tf.where<Tensor>(
        tf.oneHot(tf.tensor1d([1, classes - 1], 'int32'), classes).toBool(),
        odd,
        rng.normal([2, classes]),
      );
      const logits = tf.concat([odds, tf.fill([1, classes], odd), rng.normal([1, classes])]);
      const labels = tf.tensor1d([0, classes - 1, 1, 2], 'int32');
      expectSame(
        (x) => softmaxCrossEntropy(x.logits, labels),
        { logits },
        { rtol: 2e-5, atol: 2e-7, equalNaN: true },
      );
    }
  });

  it('writes its gradient nowhere that others read', () => {
    const labels = tf.tensor1d([1, 0], 'int32');
    const run = compile((w: Tensor) => {
      const logits = tf.mul(w, 2);
      const { gradients } = valueAndGradients(() => ({ loss: softmaxCrossEntropy(logits, labels) }), {
        logits,
      });
      return { logits, slope: gradients.logits };
    });
    const w = Rng.from(2).normal([2, 9]);
    const { logits, slope } = run(w);
    expect(logits).toBeAllclose(tf.mul(w, 2), EXACT);
    expect(slope).toBeAllclose(tf.sub(tf.softmax(logits), tf.oneHot(labels, 9)).div(2), { atol: 1e-7 });
  });
});

it.each([0, 0.3])('attention with dropout of %s is TensorFlow’s, with its gradients', (rate) => {
  const rng = Rng.from(8);
  const [query, keys] = [
    [2, 3, 5, 8],
    [2, 3, 9, 8],
  ];
  const x = {
    q: rng.normal(query),
    k: rng.normal(keys),
    v: rng.normal(keys),
    bias: rng.normal([2, 1, 1, 9]),
  };
  const body = ({ q, k, v, bias }: Tensors) => {
    const { context, probabilities } = attention(q, k, v, { bias, dropout: rate, rng: Rng.from(6) });
    return tf.concat([context, probabilities], 3);
  };
  expectSame(body, x, { rtol: 1e-4, atol: 1e-5 });
});

it('neither writes where others read', () => {
  const store = ParameterStore.create({ w: { shape: [30, 11], init: { kind: 'normal', std: 1 } } }, 3);
  const before = store.read('w').arraySync();
  const { twice, p, kept } = compile(() => {
    const w = store.read('w');
    const twice = tf.mul(w, 2);
    return {
      twice,
      p: softmax(w).add(softmax(twice)),
      kept: dropout(w, 0.5, Rng.from(1)).add(dropout(twice, 0.5, Rng.from(1))),
    };
  })();
  expect(store.read('w').arraySync()).toEqual(before);
  const w = store.read('w');
  expect(twice).toBeAllclose(tf.mul(w, 2), EXACT);
  expect(p).toBeAllclose(tf.softmax(w).add(tf.softmax(tf.mul(w, 2))));
  expect(kept).toBeAllclose(byTensorFlow(() => dropout(w, 0.5, Rng.from(1)).mul(3)));
  store.dispose();
});

it('keeps no tensors', () => {
  const x = { q: Rng.from(1).normal([1, 2, 3, 4]) };
  const run = () =>
    tf.tidy(() => {
      withGradients(({ q }) => attention(q, q, q, { dropout: 0.5, rng: Rng.from(2) }).context, false)(x);
    });
  run();
  const { numTensors } = tf.memory();
  run();
  expect(tf.memory().numTensors).toBe(numTensors);
});
