/** Numbers that sum a map up. The same as @blip2/core's. P patches. */

export const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

/** Entropy in bits of where a query looks, given that it looks at a patch: 0 for one patch alone, log2(P) for all alike. */
export function entropy(map: Float32Array): number {
  const total = sum(map);
  return map.reduce(
    (bits, value) => (value > 0 ? bits - (value / total) * Math.log2(value / total) : bits),
    0,
  );
}

/** Index of the patch that is looked at most; the first of equals. */
export const peak = (map: Float32Array): number =>
  map.reduce((best, value, i) => (value > map[best] ? i : best), 0);

/** The part of all attention to patches that falls on the given ones; 0 if no patch gets any. */
export function shareOn(map: Float32Array, patches: readonly boolean[]): number {
  return sum(map.filter((_, i) => patches[i])) / (sum(map) || 1);
}

/** What the share would be without a preference. */
export const chance = (patches: readonly boolean[]): number =>
  patches.filter(Boolean).length / patches.length;
