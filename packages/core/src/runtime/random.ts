/**
 * Stateless random numbers: the same seed gives the same draws, eagerly and in compiled functions, where the
 * seed is an input. TensorFlow's Philox generator, keyed by (seed, draw). XLA has its own: from one seed it draws
 * other numbers, though always the same.
 */
import { argMax } from './ops/embedding';
import { below, draw, fullInts, numbersFrom, ownRows, PHILOX, sizeOf, type RowRange } from './philox';
import { tf, type Tensor } from './tensorflow';

export type { RowRange };

/** Odd constants spread consecutive draws over the key space. */
const DRAW_STRIDE = 0x61c88647;
const STREAM_STRIDE = 0x2545f491;

/** A draw of decisions, each true with `probability`: where a 16-bit number from `seed` is below `limit`. */
export interface Decisions {
  probability: number;
  limit: number;
  /** int32 [2] */
  seed: Tensor;
  /** Which of the batch's rows are drawn for; unless given, all there are. */
  rows: RowRange | undefined;
}

/**
 * Draws of one seed: the same ones for the same sequence of calls, eager or compiled. Over a part of a batch each row
 * draws what it would in the whole, so that it does not matter over how many workers a batch is spread.
 */
export class Rng {
  readonly #seed: Tensor;
  readonly #rows: RowRange | undefined;
  #draws = 0;

  /**
   * @param seed int32 [2]
   * @param rows which rows of the batch are drawn for; unless given, all there are
   */
  constructor(seed: Tensor, rows?: RowRange) {
    this.#seed = seed;
    this.#rows = rows;
  }

  static from(seed: number, stream = 0): Rng {
    return new Rng(tf.tensor1d([seed | 0, Math.imul(stream, STREAM_STRIDE)], 'int32'));
  }

  /** int32 [2] */
  get seed(): Tensor {
    return this.#seed;
  }

  /** How often was drawn. */
  get draws(): number {
    return this.#draws;
  }

  /** Goes on as after `draws` more. */
  skip(draws: number): this {
    this.#draws += draws;
    return this;
  }

  /** Draws from here on what this one will, without moving it; `seed`: the same values as another tensor. */
  fork(seed: Tensor = this.#seed): Rng {
    const rng = new Rng(seed, this.#rows);
    rng.#draws = this.#draws;
    return rng;
  }

  /** The seed of one more draw, int32 [2]: each call gives another. */
  next(): Tensor {
    const offset = tf.tensor1d([Math.imul(++this.#draws, DRAW_STRIDE), 0], 'int32');
    return tf.add(this.#seed, offset);
  }

  /** Uniform in [0, 1). */
  uniform(shape: number[]): Tensor {
    return this.#draw('StatelessRandomUniform', shape);
  }

  normal(shape: number[], std = 1): Tensor {
    const sample = this.#draw('StatelessRandomNormal', shape);
    return std === 1 ? sample : tf.mul(sample, std);
  }

  #draw(op: string, shape: number[]): Tensor {
    const seed = this.next();
    if (!this.#rows) return draw(op, shape, seed);
    return ownRows(shape, this.#rows, PHILOX, (skip, size) => numbersFrom(op, 'float32', seed, skip, size));
  }

  /**
   * True with probability `probability`, to 1/65,536. Each draw of 32 bits decides for two elements, which takes half
   * the time of `uniform`.
   */
  bernoulli(shape: number[], probability: number): Tensor {
    const decisions = this.decisions(probability);
    if (!decisions) return tf.ones(shape, 'bool');
    const { limit, seed, rows } = decisions;
    if (!rows) return tf.reshape(below(limit, sizeOf(shape), fullInts(sizeOf(shape), seed)), shape);
    return ownRows(shape, rows, 2 * PHILOX, (skip, size) => below(limit, size, fullInts(size, seed, skip)));
  }

  /** What `bernoulli` decides by, of one more draw; undefined where every decision is true, to which nothing is drawn. */
  decisions(probability: number): Decisions | undefined {
    const limit = Math.round(probability * 65_536);
    if (limit >= 65_536) return undefined; // beyond 16 bits
    return { probability, limit, seed: this.next(), rows: this.#rows };
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
