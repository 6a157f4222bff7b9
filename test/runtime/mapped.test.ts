/** Tensors that share a file's memory. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HalfTensor, mapTensor, tf } from '../../packages/core/src/runtime';
import '../support/allclose';

const file = join(mkdtempSync(join(tmpdir(), 'blip2-mapped-')), 'weights.bin');
const numbers = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
/** The numbers from byte 64 on, and again from byte 321 on, where nothing is aligned. */
const bytes = Buffer.alloc(600);
bytes.set(Buffer.from(numbers.buffer), 64);
bytes.set(Buffer.from(numbers.buffer), 321);
writeFileSync(file, bytes);
const exact = { rtol: 0, atol: 0 };

describe.each([64, 321])('from byte %i', (offset) => {
  it('a matrix', () => {
    const mapped = mapTensor(file, offset, 'float32', [8, 8]);
    expect(mapped).toBeAllclose({ shape: [8, 8], data: numbers }, exact);
    expect(tf.add(mapped, 1)).toBeAllclose(tf.add(tf.tensor2d(numbers, [8, 8]), 1), exact);
    mapped.dispose();
  });

  it('a scalar', () => {
    const mapped = mapTensor(file, offset + 4, 'float32', []);
    expect(mapped).toBeAllclose({ shape: [], data: numbers.slice(1, 2) }, exact);
    expect(tf.mul(mapped, 2)).toBeAllclose({ shape: [], data: [2 * numbers[1]] });
    mapped.dispose();
  });

  it('16-bit values', () => {
    const mapped = mapTensor(file, offset, 'float16', [2, 3]);
    expect(mapped).toBeInstanceOf(HalfTensor);
    expect(Buffer.from(mapped.bytes())).toEqual(bytes.subarray(offset, offset + 12));
    mapped.dispose();
  });

  it('nothing at all', () => {
    const held = tf.memory().numTensors;
    const mapped = mapTensor(file, offset, 'float32', [0, 3]);
    expect(mapped).toBeAllclose({ shape: [0, 3], data: [] });
    const half = mapTensor(file, offset, 'bfloat16', [4, 0]);
    expect(half.shape).toEqual([4, 0]);
    expect(half.bytes().byteLength).toBe(0);
    half.dispose();
    mapped.dispose();
    expect(tf.memory().numTensors).toBe(held);
  });
});

it('a file that is absent or too short is named', () => {
  expect(() => mapTensor(file, 500, 'float32', [26])).toThrow(
    `${file}: the tensor's bytes lie beyond the end`,
  );
  expect(() => mapTensor(`${file}-none`, 0, 'float32', [1])).toThrow(`${file}-none: No such file`);
});
