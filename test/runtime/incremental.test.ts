/** Attention of a token to what was computed before: by one operation what single ones say. */
import { describe, expect, it } from 'vitest';
import { incrementalAttention } from '../../packages/core/src/nn';
import {
  compile,
  incrementalContext,
  Rng,
  tf,
  withPrecision,
  type Memories,
  type Tensor,
} from '../../packages/core/src/runtime';
import { hasKernels } from '../../packages/core/src/runtime/kernels';
import '../support/allclose';

const rng = Rng.from(8);
const memory = (...shape: [number, number, number, number]) => ({
  key: rng.normal(shape),
  value: rng.normal(shape),
});
const at = (position: number) => tf.scalar(position, 'int32');

/** In single operations: a tape keeps the operation of our own away. */
function composed(query: Tensor, memories: Memories, scale: number): Tensor {
  let result!: Tensor;
  tf.grad((x: Tensor) => {
    result = tf.keep(incrementalAttention(x, memories, scale));
    return result;
  })(query);
  return result;
}

describe.each([
  [6, 2, 3, 8],
  [4, 4, 1, 5],
  [10, 2, 2, 64],
  [3, 1, 4, 77],
])('%i rows of %i prompts, %i heads of width %i', (rows, prompts, heads, width) => {
  const slots = 9;
  const query = rng.normal([rows, heads, 1, width]);
  const read = memory(prompts, heads, 37, width);
  const own = memory(rows, heads, 9, width);
  const written = memory(slots, rows, heads, width);
  const padding = rng.normal([prompts, 1, 1, 37]);
  const data = Int32Array.from({ length: rows * slots }, (_, i) => (7 * i + Math.floor(i / 5)) % rows);
  const origins = tf.tensor2d(data, [rows, slots], 'int32');
  const cases: Record<string, Memories> = {
    'what was read': { read: own },
    'what rows share': { read: { ...read, bias: padding } },
    'a bias for each head': { read: { ...own, bias: rng.normal([1, heads, 1, 9]) } },
    'one column': { read: memory(rows, heads, 1, width) },
    'the first slot': { read, written: { ...written, position: at(0) } },
    'its own slots': { read: { ...read, bias: padding }, written: { ...written, position: at(5) } },
    'slots of other rows': { read, written: { ...written, position: at(6), origins } },
    'all slots, with a bias': {
      read: own,
      written: { ...written, position: at(8), origins, bias: rng.normal([1, heads, 1, slots]) },
    },
  };

  it.each(Object.entries(cases))('%s', (_, memories) => {
    const expected = composed(query, memories, 0.3);
    expect(expected.shape).toEqual([rows, 1, heads * width]);
    const tolerance = { rtol: 1e-5, atol: 2e-6 };
    expect(incrementalAttention(query, memories, 0.3)).toBeAllclose(expected, tolerance);
    const compiled = compile((q: Tensor) => incrementalAttention(q, memories, 0.3));
    expect(compiled(query)).toBeAllclose(expected, tolerance);
    compiled.dispose();
    const rounded = withPrecision('bf16', () => incrementalAttention(query, memories, 0.3));
    expect(rounded).toBeAllclose(expected, { rtol: 0, atol: 0.2 });
  });

  it('a row goes on from where its origins say', () => {
    const position = at(slots - 1);
    const flat = written.key.reshape([slots * rows, -1]);
    const places = origins
      .add(tf.range(0, slots * rows, rows, 'int32'))
      .transpose()
      .reshape([-1]);
    const copied = (x: Tensor) => tf.gather(x.reshape(flat.shape), places.toInt()).reshape(written.key.shape);
    const order = { key: copied(written.key), value: copied(written.value), position };
    const expected = incrementalAttention(query, { read, written: order }, 1);
    const found = incrementalAttention(query, { read, written: { ...written, position, origins } }, 1);
    expect(found.dataSync()).toEqual(expected.dataSync());
  });

  it('slots after the newest have no influence', () => {
    const position = at(4);
    const later = tf.concat([tf.zeros([5]), tf.fill([4], NaN)]).reshape([slots, 1, 1, 1]);
    const spoiled = { key: written.key.add(later), value: written.value.add(later) };
    const look = (slots: typeof written) =>
      incrementalAttention(query, { read, written: { ...slots, position } }, 1).dataSync();
    if (hasKernels()) expect(look(spoiled)).toEqual(look(written));
  });
});

it.runIf(hasKernels())('what does not belong together is refused', () => {
  const query: Tensor = tf.ones([4, 2, 1, 8]);
  const look = (memories: Memories) => () => incrementalContext(query, memories, 1);
  const read = memory(2, 2, 5, 8);
  expect(look({ read: memory(3, 2, 5, 8) })).toThrow(/prompts do not divide/);
  expect(look({ read: memory(4, 2, 5, 7) })).toThrow(/do not belong/);
  expect(look({ read: { ...read, value: tf.ones([2, 2, 6, 8]) } })).toThrow(/do not belong/);
  expect(look({ read: { ...read, bias: tf.ones([1, 1, 1, 4]) } })).toThrow(/bias/);
  expect(look({ read: memory(4, 2, 0, 8) })).toThrow(/nothing to look at/);
  const written = { ...memory(3, 4, 2, 8), position: at(2) };
  expect(look({ read, written: { ...written, key: tf.ones([3, 4, 2, 7]) } })).toThrow(/does not belong/);
  expect(look({ read, written: { ...written, bias: tf.ones([1, 1, 1, 4]) } })).toThrow(/bias/);
  for (const position of [-1, 3]) {
    expect(look({ read, written: { ...written, position: at(position) } })).toThrow(/no such slot/);
  }
  const origins = (row: number, slots = 3) => tf.fill([4, slots], row, 'int32');
  expect(look({ read, written: { ...written, origins: origins(0, 2) } })).toThrow(/origins are/);
  for (const row of [-1, 4]) {
    expect(look({ read, written: { ...written, origins: origins(row) } })).toThrow(/no such row/);
  }
});
