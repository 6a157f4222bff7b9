/** Memory of tensors that are gone: pages of holes that fit nothing go back to the system. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tf, type Tensor } from '../../packages/core/src/runtime';

const STATUS = '/proc/self/status';
const MB = 2 ** 20;

/** Bytes of this process's own. */
const own = (): number => 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(STATUS, 'utf8'))![1]);

/** Tensors of so many MB each, whose pages were all written. */
const filled = (count: number, megabytes: number): Tensor[] =>
  Array.from({ length: count }, () => tf.fill([(megabytes * MB) / 4], 1));

describe.skipIf(!existsSync(STATUS))('in place of tensors between others that stay', () => {
  it('larger ones cost addresses, not memory', () => {
    const pairs = Array.from({ length: 80 }, () => [...filled(1, 3), ...filled(1, 1)]);
    const before = own();
    tf.dispose(pairs.map(([large]) => large));
    const larger = filled(40, 6);
    expect((own() - before) / MB).toBeLessThan(80); // of 240; some room is left resident
    tf.dispose([pairs.map(([, small]) => small), larger]);
  });

  it('values of those that stay and of those that come are what they were', () => {
    const stays = Array.from({ length: 30 }, (_, i) => [tf.fill([MB / 2], i), tf.fill([MB / 4], -i)]);
    tf.dispose(stays.map(([goes]) => goes));
    const come = Array.from({ length: 20 }, (_, i) => tf.fill([MB], 100 + i));
    const isAll = (tensor: Tensor, value: number) =>
      tf.tidy(() => [tf.min(tensor), tf.max(tensor)].every((edge) => edge.dataSync()[0] === value));
    expect(stays.every(([, tensor], i) => isAll(tensor, -i))).toBe(true);
    expect(come.every((tensor, i) => isAll(tensor, 100 + i))).toBe(true);
    tf.dispose([stays.map(([, tensor]) => tensor), come]);
  });
});
