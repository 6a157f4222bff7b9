/**
 * TensorFlow's stateless generator, Philox: from a key, which the seed gives, and a counter that can begin anywhere. So
 * part of a draw can be had without the rest.
 */
import { attribute, type OpAttribute } from './binding';
import { execute, executeRaw, toTensor, typeAttribute, type Operand, type ResourceHandle } from './execute';
import { backend, tf, type Tensor } from './tensorflow';

/** Numbers in a tensor of this shape. */
export const sizeOf = (shape: number[]): number => shape.reduce((product, side) => product * side, 1);

/** What `op` draws from a seed, int32 [2]. */
export function draw(op: string, shape: number[], seed: Tensor): Tensor {
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
export const PHILOX = 4;

/** What `op` draws from a seed, but for the first `skip` values of the counter: `size` numbers, of a type by its name. */
export function numbersFrom(op: string, dtype: 'float32', seed: Tensor, skip: number, size: number): Tensor;
export function numbersFrom(
  op: string,
  dtype: 'int32',
  seed: Tensor,
  skip: number,
  size: number,
): ResourceHandle;
export function numbersFrom(op: string, dtype: string, seed: Tensor, skip: number, size: number) {
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
export function fullInts(size: number, seed: Tensor, skip?: number): ResourceHandle {
  const op = 'StatelessRandomUniformFullInt';
  const draws = Math.ceil(size / 2);
  if (skip !== undefined) return numbersFrom(op, 'int32', seed, skip, draws);
  return raw(op, { dtype: 'int32', T: 'int32', Tseed: 'int32' }, [tf.tensor1d([draws], 'int32'), seed]);
}

/** Which of the first `size` 16-bit numbers in `bits` are below `limit` of 65,536: bool [size]. Frees the bits. */
export function below(limit: number, size: number, bits: ResourceHandle): Tensor {
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
export function ownRows(
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
