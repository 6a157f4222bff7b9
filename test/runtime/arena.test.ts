/** Memory of tensors: places of those that are gone are taken by others, and nobody's values change. */
import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../packages/core/src/runtime';

const STATUS = '/proc/self/status';
const MB = 2 ** 20;

/** Bytes of this process's own. */
const own = (): number => 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(STATUS, 'utf8'))![1]);

/** Tensors of so many MB each, whose pages were all written. */
const filled = (count: number, megabytes: number): Tensor[] =>
  Array.from({ length: count }, () => tf.fill([(megabytes * MB) / 4], 1));

describe.skipIf(!existsSync(STATUS))('places of tensors that are gone', () => {
  it('are in one stretch of addresses, twice as long as there is memory', () => {
    const ends = readFileSync('/proc/self/maps', 'utf8').matchAll(/^([\da-f]+)-([\da-f]+) /gm);
    const lengths = [...ends].map(([, start, end]) => Number.parseInt(end, 16) - Number.parseInt(start, 16));
    const isIt = (length: number) => length > 2 * totalmem() - MB && length < 2 * totalmem() + 1024 * MB;
    expect(lengths.some(isIt)).toBe(true);
  });

  it('are one where they touch: larger tensors take them, and no new memory', () => {
    const small = filled(80, 3);
    const before = own();
    tf.dispose(small);
    const large = filled(20, 12);
    expect((own() - before) / MB).toBeLessThan(24); // of 240
    tf.dispose(large);
  });

  it('are shared by smaller ones', () => {
    const large = filled(10, 24);
    const before = own();
    tf.dispose(large);
    const small = filled(96, 2.5);
    expect((own() - before) / MB).toBeLessThan(24);
    tf.dispose(small);
  });
});

it('values of tensors that stay and of those that come are what they were', () => {
  const stays = Array.from({ length: 30 }, (_, i) => [tf.fill([MB / 2], i), tf.fill([MB / 4], -i)]);
  tf.dispose(stays.map(([goes]) => goes));
  const come = Array.from({ length: 20 }, (_, i) => tf.fill([MB], 100 + i));
  const isAll = (tensor: Tensor, value: number) =>
    tf.tidy(() => [tf.min(tensor), tf.max(tensor)].every((edge) => edge.dataSync()[0] === value));
  expect(stays.every(([, tensor], i) => isAll(tensor, -i))).toBe(true);
  expect(come.every((tensor, i) => isAll(tensor, 100 + i))).toBe(true);
  tf.dispose([stays.map(([, tensor]) => tensor), come]);
});
