/** Attention by an operation of our own: what TensorFlow's operations give, and where it is taken. */
import { describe, expect, it, test } from 'vitest';
import { multiHeadAttention, selfAttention } from '../../packages/core/src/nn';
import {
  attention,
  attentionContext,
  compile,
  isContextAlone,
  Rng,
  tf,
  valueAndGradients,
  withPrecision,
  type AttentionOptions,
  type Tensor,
} from '../../packages/core/src/runtime';
import '../support/allclose';

const rng = Rng.from(7);

/** What TensorFlow's operations give: [B, Sq, H, d]. */
function expected(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  return attention(q, k, v, options).context.transpose([0, 2, 1, 3]);
}

/** [B, S, maps, H, d] → maps × [B, H, S, d] */
const apart = (x: Tensor): Tensor[] => tf.unstack(x.transpose([2, 0, 3, 1, 4]));

const available = isContextAlone({});

describe.runIf(available)('the operation', () => {
  // B, H, rows, width: of ViT-L, of ViT-g at three sizes of pictures, small and odd ones.
  const shapes = [
    [2, 2, 257, 64],
    [1, 2, 257, 88],
    [1, 2, 677, 88],
    [1, 1, 1025, 88],
    [2, 3, 17, 7],
    [3, 4, 9, 16],
    [2, 2, 50, 24],
    [1, 2, 5, 3],
    [1, 1, 1, 1],
  ];
  it.each(shapes)(
    '%i × %i heads of %i rows, %i wide: apart, or where a projection has them',
    (B, H, S, d) => {
      const joined = rng.normal([B, S, 3, H, d]);
      const [q, k, v] = apart(joined);
      const wanted = expected(q, k, v);
      expect(attentionContext(q, k, v)).toBeAllclose(wanted);
      expect(attentionContext(joined, joined, joined)).toBeAllclose(wanted);
      const compiled = compile((x: Tensor) => attentionContext(x, x, x));
      expect(compiled(joined)).toBeAllclose(wanted);
      compiled.dispose();
    },
  );

  it.each([1, 5, 7, 32, 100])(
    '%i rows that ask, beside 257: keys and values of one projection too',
    (rows) => {
      const asking = rng.normal([2, rows, 1, 3, 64]);
      const read = rng.normal([2, 257, 2, 3, 64]);
      const [[q], [k, v]] = [apart(asking), apart(read)];
      const wanted = expected(q, k, v);
      expect(attentionContext(asking, read, read)).toBeAllclose(wanted);
      expect(attentionContext(q, k, v)).toBeAllclose(wanted);
      expect(attentionContext(asking, k, v)).toBeAllclose(wanted);
    },
  );

  const [B, H, S, d] = [2, 3, 21, 16];
  const [q, k, v] = apart(rng.normal([B, S, 3, H, d]));
  const triangle = tf.tensor2d(
    Array.from({ length: S }, (_, i) => Array.from({ length: S }, (_, j) => Number(j > i))),
  );
  const padding = tf.tensor2d([17, 1].map((real) => Array.from({ length: S }, (_, j) => Number(j >= real))));
  const biases: Record<string, Tensor> = {
    'causal [S, S]': triangle.mul(-1e4),
    'padding [B, 1, 1, S]': padding.mul(-1e9).reshape([B, 1, 1, S]),
    'relative positions [1, H, S, S]': rng.normal([1, H, S, S]).mul(3),
    'of everything [B, H, S, S]': rng.normal([B, H, S, S]),
    'of columns [S]': rng.normal([S]),
    'infinite [S, S]': tf.where(triangle.toBool(), tf.scalar(-Infinity), tf.scalar(0)),
    'a scalar': tf.scalar(5),
  };
  it.each(Object.keys(biases))('bias: %s', (name) => {
    for (const scale of [undefined, 1]) {
      const options = { bias: biases[name], scale };
      expect(attentionContext(q, k, v, options)).toBeAllclose(expected(q, k, v, options));
    }
  });

  it('a row that may look nowhere looks everywhere, as with TensorFlow', () => {
    for (const hidden of [-1e4, -1e9]) {
      const bias = tf.fill([S], hidden);
      // A sum with −10,000 has ten bits less.
      expect(attentionContext(q, k, v, { bias })).toBeAllclose(expected(q, k, v, { bias }), { atol: 1e-3 });
    }
  });

  it('hidden columns change nothing, to the bit', () => {
    const bias = tf.tensor1d(Array.from({ length: S }, (_, j) => (j < 13 ? 0 : -1e4)));
    const other = (x: Tensor) => {
      const [kept, hidden] = tf.split(x, [13, S - 13], 2);
      return tf.concat([kept, hidden.mul(-3)], 2);
    };
    const found = attentionContext(q, other(k), other(v), { bias });
    expect(found.dataSync()).toEqual(attentionContext(q, k, v, { bias }).dataSync());
  });

  it('scores of thousands, of either sign', () => {
    const large = [q.mul(300), k.mul(30)];
    expect(attentionContext(large[0], large[1], v)).toBeAllclose(expected(large[0], large[1], v), {
      atol: 2e-3,
    });
  });

  it('what is no number stays none', () => {
    const [row] = tf.split(tf.oneHot(tf.scalar(0, 'int32'), S).reshape([1, 1, S, 1]), 1);
    const broken = tf.where(row.toBool(), tf.scalar(NaN), q);
    const found = attentionContext(broken, k, v);
    const isBroken = tf.isNaN(found).toInt(); // [B, S, H, d]
    expect(isBroken.slice([0, 0], [B, 1]).min().dataSync()[0]).toBe(1);
    expect(
      isBroken
        .slice([0, 1], [B, S - 1])
        .max()
        .dataSync()[0],
    ).toBe(0);
  });

  it('rows that may see nothing are no numbers, as TensorFlow has them', () => {
    const bias = tf.concat([tf.fill([1, S], -Infinity), tf.zeros([S - 1, S])]);
    const found = attentionContext(q, k, v, { bias });
    expect(found.isNaN().dataSync()).toEqual(expected(q, k, v, { bias }).isNaN().dataSync());
    expect(found.isNaN().sum().dataSync()[0]).toBe(B * H * d);
  });

  it('a picture alone is the picture among others, and a row the row among others, to the bit', () => {
    const joined = rng.normal([3, 257, 3, 2, 64]);
    const all = attentionContext(joined, joined, joined);
    const second = joined.slice([1, 0, 0, 0, 0], [1, -1, -1, -1, -1]);
    const alone = attentionContext(second, second, second);
    expect(alone.dataSync()).toEqual(all.slice([1, 0, 0, 0], [1, -1, -1, -1]).dataSync());
    const one = attentionContext(second.slice([0, 100], [1, 1]), second, second);
    expect(one.dataSync()).toEqual(alone.slice([0, 100], [1, 1]).dataSync());
  });

  it('refuses what does not belong together', () => {
    const call = (bias?: Tensor) => () => attentionContext(q, k.slice([0, 0, 1], [-1, -1, -1]), v, { bias });
    expect(call()).toThrow('do not belong together');
    expect(() => attentionContext(q, k, v, { bias: tf.zeros([S, 1]) })).toThrow('does not broadcast');
    expect(() => attentionContext(q, k, v, { bias: tf.zeros([3, 1, 1, S]) })).toThrow('does not broadcast');
    expect(() => attentionContext(q.reshape([B, -1]), k, v)).toThrow('takes [B, H, S, d]');
    expect(() => attentionContext(tf.zeros([B, S, 0, H, d]), k, v)).toThrow('takes [B, H, S, d]');
  });
});

describe('multi-head attention', () => {
  const joined = rng.normal([2, 9, 3 * 4 * 8]);
  const [query, key, value] = apart(joined.reshape([2, 9, 3, 4, 8]));
  const bias = rng.normal([2, 1, 9, 9]);
  const wanted = attention(query, key, value, { bias });
  const heads = wanted.context.transpose([0, 2, 1, 3]).reshape([2, 9, 32]);

  it('has its probabilities for who asks', () => {
    const { context, probabilities } = multiHeadAttention(query, { key, value }, { bias });
    expect(context).toBeAllclose(heads);
    expect(probabilities()).toBeAllclose(wanted.probabilities);
  });

  it('of rows to one another', () => {
    expect(selfAttention(joined, 4, { bias })).toBeAllclose(heads);
  });

  it('has the gradients of TensorFlow’s operations', () => {
    const weight = rng.normal(heads.shape);
    const gradients = (run: (x: Tensor) => Tensor) =>
      valueAndGradients(() => ({ loss: tf.sum(run(joined).mul(weight)) }), { joined }).gradients.joined;
    const plain = gradients((x) => {
      const [q, k, v] = apart(x.reshape([2, 9, 3, 4, 8]));
      const { context } = attention(q, k, v, { bias });
      return context.transpose([0, 2, 1, 3]).reshape([2, 9, 32]);
    });
    expect(tf.max(tf.abs(plain)).dataSync()[0]).toBeGreaterThan(0.1);
    expect(gradients((x) => selfAttention(x, 4, { bias }))).toBeAllclose(plain);
  });

  test.runIf(available)('is our operation where neither gradients nor dropout nor 16 bit are wanted', () => {
    const none = { loss: tf.scalar(0) };
    const answers: boolean[] = [];
    valueAndGradients(() => (answers.push(isContextAlone({})), { loss: tf.sum(joined) }), { joined });
    answers.push(
      isContextAlone({ dropout: 0.1, rng }),
      withPrecision('bf16', () => isContextAlone({})),
    );
    compile(() => (answers.push(isContextAlone({})), none), { xla: true });
    expect(answers).not.toContain(true);
    expect(isContextAlone({ dropout: 0.1 })).toBe(true);
    expect(isContextAlone({ dropout: 0, rng })).toBe(true);
  });
});
