/**
 * Random numbers as pure functions of their coordinates (seed, epoch, position…): no hidden state, so any step of a run
 * can be drawn again without the steps before it. Same numbers on every machine (32-bit integer arithmetic only).
 */

/** Mixes integers into one well-scattered 32-bit number (rounds of murmur3's finaliser). */
export function hashInts(...coordinates: number[]): number {
  let hash = 0x9e3779b9;
  for (const coordinate of coordinates) {
    hash = Math.imul(hash ^ (coordinate | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash = (hash ^ (hash >>> 16)) + 0x6d2b79f5;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** A whole number in [0, below) drawn from the coordinates. */
export function drawBelow(below: number, ...coordinates: number[]): number {
  return Math.floor((hashInts(...coordinates) / 2 ** 32) * below);
}

/** A permutation of 0…size−1 drawn from the coordinates (Fisher–Yates). */
export function permutation(size: number, ...coordinates: number[]): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = drawBelow(i + 1, ...coordinates, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Where a value goes under a permutation of 0…size−1 drawn from a key, of which nothing is held in memory: four Feistel
 * rounds, repeated until inside.
 */
export function bijection(size: number, value: number, key: number): number {
  const half = Math.max(1, Math.ceil(Math.log2(size) / 2));
  const mask = 2 ** half - 1;
  let at = value;
  do {
    let [left, right] = [Math.floor(at / 2 ** half), at & mask];
    for (let round = 0; round < 4; round++) {
      [left, right] = [right, (left ^ hashInts(key, round, right)) & mask];
    }
    at = left * 2 ** half + right;
  } while (at >= size);
  return at;
}
