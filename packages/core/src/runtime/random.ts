/**
 * Stateless random numbers: the same seed gives the same draws, eagerly and in compiled functions, where the
 * seed is an input. TensorFlow's Philox generator, keyed by (seed, draw). XLA has its own: from one seed it draws
 * other numbers, though always the same.
 */
import { attribute, type OpAttribute } from './binding';
import { execute, executeRaw, typeAttribute, type Operand } from './execute';
import { argMax } from './ops/embedding';
import { backend, tf, type Tensor } from './tensorflow';

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

/** A step on a type that TensorFlow.js has no name for: known by its id alone. */
function raw(op: string, types: Record<string, string>, operands: Operand[], flags: OpAttribute[] = []) {
  const attributes = [...Object.entries(types).map(([name, dtype]) => typeAttribute(dtype, name)), ...flags];
  return { resource: executeRaw(op, attributes, operands, 1)[0].id };
}

/** Draws of one seed: the same ones for the same sequence of calls, eager or compiled. */
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

  /** int32 [2] */
  get seed(): Tensor {
    return this.#seed;
  }

  /** Draws from here on what this one will, without moving it; `seed`: the same values as another tensor. */
  fork(seed: Tensor = this.#seed): Rng {
    const rng = new Rng(seed);
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
    return draw('StatelessRandomUniform', shape, this.next());
  }

  normal(shape: number[], std = 1): Tensor {
    const sample = draw('StatelessRandomNormal', shape, this.next());
    return std === 1 ? sample : tf.mul(sample, std);
  }

  /**
   * True with probability `probability`, to 1/65,536. Each draw of 32 bits decides for two elements, which takes half
   * the time of `uniform`.
   */
  bernoulli(shape: number[], probability: number): Tensor {
    const steps = Math.round(probability * 65_536);
    if (steps >= 65_536) return tf.ones(shape, 'bool'); // a limit beyond 16 bits
    const size = shape.reduce((product, side) => product * side, 1);
    const draws = tf.tensor1d([Math.ceil(size / 2)], 'int32');
    const types = { dtype: 'int32', T: 'int32', Tseed: 'int32' };
    const bits = raw('StatelessRandomUniformFullInt', types, [draws, this.next()]);
    const pairs = raw('Bitcast', { T: 'int32', type: 'int16' }, [bits]); // [size / 2, 2]
    const flat = raw('Reshape', { T: 'int16', Tshape: 'int32' }, [pairs, tf.tensor1d([-1], 'int32')]);
    const chosen = raw('Slice', { T: 'int16', Index: 'int32' }, [
      flat,
      tf.tensor1d([0], 'int32'),
      tf.tensor1d([size], 'int32'),
    ]);
    const limit = raw(
      'Cast',
      { SrcT: 'int32', DstT: 'int16' },
      [tf.scalar(steps - 32_768, 'int32')],
      [attribute('Truncate', 'bool', false)],
    );
    const isBelow = execute('Less', [typeAttribute('int16')], [chosen, limit]);
    for (const { resource } of [bits, pairs, flat, chosen, limit]) {
      if (resource >= 0) backend.binding.deleteTensor(resource);
    }
    return tf.reshape(isBelow, shape);
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
