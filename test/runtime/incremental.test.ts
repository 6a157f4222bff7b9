/** Attention of a token to what was computed before: by one operation what single ones say. */
import { describe, expect, it } from 'vitest';
import { incrementalAttention } from '../../packages/core/src/nn';
import {
  compile,
  incrementalContext,
  Rng,
  tf,
  withPrecision,
  type MemoryPart,
  type MemoryParts,
  type Tensor,
} from '../../packages/core/src/runtime';
import { backend } from '../../packages/core/src/runtime/tensorflow';
import '../support/allclose';

const rng = Rng.from(8);
const memory = (rows: number, heads: number, columns: number, width: number) => ({
  key: rng.normal([rows, heads, columns, width]),
  value: rng.normal([rows, heads, columns, width]),
});

/** In single operations: a tape keeps the operation of our own away. */
function composed(query: Tensor, parts: MemoryParts, scale: number): Tensor {
  let result!: Tensor;
  tf.grad((x: Tensor) => {
    result = tf.keep(incrementalAttention(x, parts, scale));
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
  const query = rng.normal([rows, heads, 1, width]);
  const shared = memory(prompts, heads, 37, width);
  const own = memory(rows, heads, 9, width);
  const padding = rng.normal([prompts, 1, 1, 37]);
  const later = tf.tensor([0, 0, 0, 0, -1e9, -1e9, -1e9, -1e9, -1e9], [1, 1, 1, 9]);
  const perHead = rng.normal([1, heads, 1, 9]);
  const cases: Record<string, MemoryParts> = {
    'a memory': [{ memory: own }],
    'one that rows share': [{ memory: shared, bias: padding }],
    'a bias for each head': [{ memory: own, bias: perHead }],
    both: [
      { memory: shared, bias: padding },
      { memory: own, bias: later },
    ],
    'one column': [{ memory: memory(rows, heads, 1, width) }],
  };

  it.each(Object.entries(cases))('%s', (_, parts) => {
    const expected = composed(query, parts, 0.3);
    expect(expected.shape).toEqual([rows, 1, heads * width]);
    const tolerance = { rtol: 1e-5, atol: 2e-6 };
    expect(incrementalAttention(query, parts, 0.3)).toBeAllclose(expected, tolerance);
    const compiled = compile((q: Tensor) => incrementalAttention(q, parts, 0.3));
    expect(compiled(query)).toBeAllclose(expected, tolerance);
    compiled.dispose();
    const rounded = withPrecision('bf16', () => incrementalAttention(query, parts, 0.3));
    expect(rounded).toBeAllclose(expected, { rtol: 0, atol: 0.2 });
  });
});

it.runIf(backend.binding.hasKernels)('what does not belong together is refused', () => {
  const query: Tensor = tf.ones([4, 2, 1, 8]);
  const look = (part: MemoryPart) => () => incrementalContext(query, [part], 1);
  expect(look({ memory: memory(3, 2, 5, 8) })).toThrow(/rows of the memory/);
  expect(look({ memory: memory(4, 2, 5, 7) })).toThrow(/do not belong/);
  expect(look({ memory: { ...memory(4, 2, 5, 8), value: tf.ones([4, 2, 6, 8]) } })).toThrow(/do not belong/);
  expect(look({ memory: memory(4, 2, 5, 8), bias: tf.ones([1, 1, 1, 4]) })).toThrow(/bias/);
  expect(look({ memory: memory(4, 2, 0, 8) })).toThrow(/nothing to look at/);
});
