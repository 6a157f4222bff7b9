import { describe, expect, test } from 'vitest';
import { BatchSource, drawBelow, hashInts, permutation } from '../../packages/core/src/data';

describe('random numbers', () => {
  test('are pinned: the same on every machine, today and later', () => {
    expect(hashInts(0)).toBe(638_628_407);
    expect(hashInts(1, 2, 3)).toBe(2_460_673_270);
  });

  test('coordinates matter, and so does their order', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 40; seed++)
      for (let step = 0; step < 40; step++) seen.add(hashInts(seed, step));
    expect(seen.size).toBe(1600);
  });

  test('drawBelow is uniform', () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[drawBelow(10, 7, i)]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9% quantile, 9 degrees of freedom
  });

  test('every permutation of four is drawn about equally often', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = permutation(4, 3, i).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.7); // 99.9% quantile, 23 degrees of freedom
  });
});

describe('BatchSource', () => {
  const options = { size: 10, batchSize: 3, seed: 5, captions: () => 4 };

  test('an epoch visits each example at most once, and the next one in another order', () => {
    const source = new BatchSource(options);
    expect(source.stepsPerEpoch).toBe(3);
    const epoch = (start: number) => [0, 1, 2].flatMap((step) => [...source.batch(start + step).indices]);
    const [first, second] = [epoch(0), epoch(3)];
    expect(new Set(first).size).toBe(9);
    expect(new Set(second).size).toBe(9);
    expect(first).not.toEqual(second);
    expect(source.batch(5).epoch).toBe(1);
  });

  test('a batch does not depend on what was asked before', () => {
    const walked = new BatchSource(options);
    for (let step = 0; step < 7; step++) walked.batch(step);
    expect(new BatchSource(options).batch(7)).toEqual(walked.batch(7));
    expect(new BatchSource({ ...options, seed: 6 }).batch(7)).not.toEqual(walked.batch(7));
  });

  test('captions are drawn anew for the same example', () => {
    const source = new BatchSource({ ...options, size: 1, batchSize: 1 });
    const drawn = new Set(Array.from({ length: 60 }, (_, step) => source.batch(step).captions[0]));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
  });

  test('too few examples for a batch is an error', () => {
    expect(() => new BatchSource({ size: 2, batchSize: 3, seed: 0 })).toThrow(/batch of 3 .* from 2/);
  });
});
