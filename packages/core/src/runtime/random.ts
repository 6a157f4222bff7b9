/**
 * Stateless random numbers: the same seed gives the same draws, eagerly and in compiled functions, where the
 * seed is an input. TensorFlow's Philox generator, keyed by (seed, draw). XLA has its own: from one seed it draws
 * other numbers, though always the same.
 */
import { execute, typeAttribute } from './execute';
import { argMax } from './ops/embedding';
import { tf, type Tensor } from './tensorflow';

/** Odd constants spread consecutive draws over the key space. */
const DRAW_STRIDE = 0x61c88647;
const STREAM_STRIDE = 0x2545f491;

function draw(op: string, shape: number[], seed: Tensor): Tensor {
  const attributes = [
    typeAttribute('float32', 'dtype'),
    typeAttribute('int32'),
    typeAttribute('int32', 'Tseed'),
  ];
  return execute(op, attributes, [tf.tensor1d(shape, 'int32'), seed]);
}

export class Rng {
  readonly #seed: Tensor;
  #draws = 0;

  /** @param seed int32 [2] */
  constructor(seed: Tensor) {
    this.#seed = seed;
  }

  static from(seed: number, stream = 0): Rng {
    return new Rng(tf.tensor1d([seed | 0, Math.imul(stream, STREAM_STRIDE)], 'int32'));
  }

  /** The seed of one more draw, int32 [2]: each call gives another. */
  next(): Tensor {
    const offset = tf.tensor1d([Math.imul(++this.#draws, DRAW_STRIDE), 0], 'int32');
    return tf.add(this.#seed, offset);
  }

  /** Uniform in [0, 1). */
  uniform(shape: number[]): Tensor {
    return draw('StatelessRandomUniform', shape, this.next());
  }

  normal(shape: number[], std = 1): Tensor {
    const sample = draw('StatelessRandomNormal', shape, this.next());
    return std === 1 ? sample : tf.mul(sample, std);
  }

  /**
   * One class per row, with probabilities softmax(logits) (the Gumbel-max rule).
   * @param logits [N, C]
   * @returns int32 [N]
   */
  categorical(logits: Tensor): Tensor {
    const u = tf.maximum(this.uniform(logits.shape), 1e-30);
    return argMax(tf.sub(logits, tf.log(tf.neg(tf.log(u)))));
  }
}
