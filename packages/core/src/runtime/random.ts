/**
 * Stateless random numbers: the same seed gives the same draws, eagerly and in compiled functions, where the
 * seed is an input. TensorFlow's Philox generator, keyed by (seed, draw). XLA has its own: from one seed it draws
 * other numbers, though always the same.
 */
import { attribute, type OpAttribute } from './binding';
import { execute, executeRaw, toTensor, typeAttribute, type Operand, type ResourceHandle } from './execute';
import { argMax } from './ops/embedding';
import { backend, tf, type Tensor } from './tensorflow';

/** Odd constants spread consecutive draws over the key space. */
const DRAW_STRIDE = 0x61c88647;
const STREAM_STRIDE = 0x2545f491;

const sizeOf = (shape: number[]): number => shape.reduce((product, side) => product * side, 1);

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

function free(...handles: ResourceHandle[]): void {
  for (const { resource } of handles) if (resource >= 0) backend.binding.deleteTensor(resource);
}

const notTruncated = [attribute('Truncate', 'bool', false)];

/** Numbers that Philox makes at a time, from one value of its counter. */
const PHILOX = 4;

/** What `op` draws from a seed, but for the first `skip` values of the counter: `size` numbers, of a type by its name. */
function numbersFrom(op: string, dtype: 'float32', seed: Tensor, skip: number, size: number): Tensor;
function numbersFrom(op: string, dtype: 'int32', seed: Tensor, skip: number, size: number): ResourceHandle;
function numbersFrom(op: string, dtype: string, seed: Tensor, skip: number, size: number) {
  const [key, counter] = executeRaw(
    'StatelessRandomGetKeyCounter',
    [typeAttribute('int32', 'Tseed')],
    [seed],
    2,
  );
  const [from, first] = [{ resource: key.id }, { resource: counter.id }]; // uint64, of which TensorFlow adds none
  const signed = raw('Bitcast', { T: 'uint64', type: 'int64' }, [first]);
  const start = tf.tensor1d([skip, 0], 'int32');
  const offset = raw('Cast', { SrcT: 'int32', DstT: 'int64' }, [start], notTruncated);
  const sum = raw('AddV2', { T: 'int64' }, [signed, offset]);
  const moved = raw('Bitcast', { T: 'int64', type: 'uint64' }, [sum]);
  const attributes = [typeAttribute(dtype, 'dtype'), typeAttribute('int32', 'Tshape')];
  const philox = tf.scalar(1, 'int32');
  const [drawn] = executeRaw(`${op}V2`, attributes, [tf.tensor1d([size], 'int32'), from, moved, philox], 1);
  free(from, first, signed, offset, sum, moved);
  return dtype === 'float32' ? toTensor(drawn) : { resource: drawn.id };
}

/** Enough random bits for `size` numbers of 16: int32 by its id. */
function fullInts(size: number, seed: Tensor, skip?: number): ResourceHandle {
  const op = 'StatelessRandomUniformFullInt';
  const draws = Math.ceil(size / 2);
  if (skip !== undefined) return numbersFrom(op, 'int32', seed, skip, draws);
  return raw(op, { dtype: 'int32', T: 'int32', Tseed: 'int32' }, [tf.tensor1d([draws], 'int32'), seed]);
}

/** Which of the first `size` 16-bit numbers in `bits` are below `limit` of 65,536: bool [size]. Frees the bits. */
function below(limit: number, size: number, bits: ResourceHandle): Tensor {
  const pairs = raw('Bitcast', { T: 'int32', type: 'int16' }, [bits]); // [size / 2, 2]
  const flat = raw('Reshape', { T: 'int16', Tshape: 'int32' }, [pairs, tf.tensor1d([-1], 'int32')]);
  const chosen = raw('Slice', { T: 'int16', Index: 'int32' }, [
    flat,
    tf.tensor1d([0], 'int32'),
    tf.tensor1d([size], 'int32'),
  ]);
  const signed = tf.scalar(limit - 32_768, 'int32');
  const short = raw('Cast', { SrcT: 'int32', DstT: 'int16' }, [signed], notTruncated);
  const isBelow = execute('Less', [typeAttribute('int16')], [chosen, short]);
  free(bits, pairs, flat, chosen, short);
  return isBelow;
}

/**
 * Own rows of a draw over the whole batch. A shape may hold the batch several times over, as ITM's pairs do.
 *
 * @param group numbers that come from one value of the counter
 * @param from `size` numbers after those of the first `skip` values: [size]
 */
function ownRows(
  shape: number[],
  { first, count, total }: RowRange,
  group: number,
  from: (skip: number, size: number) => Tensor,
): Tensor {
  const times = shape[0] / count;
  if (!Number.isInteger(times)) throw new Error(`[${shape}] are not rows of a batch of ${count}`);
  const row = sizeOf(shape.slice(1));
  const parts = Array.from({ length: times }, (_, time) => {
    const start = (time * total + first) * row;
    const before = start % group;
    const size = count * row;
    return tf.slice(from((start - before) / group, before + size), [before], [size]);
  });
  return tf.reshape(times === 1 ? parts[0] : tf.concat(parts), shape);
}

/** Rows of a larger batch: `count` of `total`, from `first` on. */
export interface RowRange {
  first: number;
  count: number;
  total: number;
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
    const limit = Math.round(probability * 65_536);
    if (limit >= 65_536) return tf.ones(shape, 'bool'); // beyond 16 bits
    const seed = this.next();
    if (!this.#rows) return tf.reshape(below(limit, sizeOf(shape), fullInts(sizeOf(shape), seed)), shape);
    return ownRows(shape, this.#rows, 2 * PHILOX, (skip, size) =>
      below(limit, size, fullInts(size, seed, skip)),
    );
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
