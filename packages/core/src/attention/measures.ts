/** Numbers that sum a map up: how spread it is, where it peaks, how much of it lies on objects. P patches. */
import { Blip2Error } from '../runtime';
import type { AttentionBundle } from './format';
import { classShare, queryMap, type MapChoice, type PatchMap } from './maps';

/**
 * Entropy in bits of where a query looks, given that it looks at a patch: 0 for one patch alone, log2(P) for all alike.
 */
export function entropy({ values }: PatchMap): number {
  const total = sum(values);
  return values.reduce(
    (bits, value) => (value > 0 ? bits - (value / total) * Math.log2(value / total) : bits),
    0,
  );
}

export interface Peak {
  row: number;
  column: number;
  /** Its part of all attention to patches, between 1/P and 1. */
  share: number;
}

/** The patch that is looked at most; the first of equals. */
export function peak({ columns, values }: PatchMap): Peak {
  const at = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  return { row: Math.floor(at / columns), column: at % columns, share: share(values[at], sum(values)) };
}

/**
 * Which patches show something: those of whose pixels a mask covers at least a tenth, or `minimum`.
 *
 * @param mask one number per pixel, row by row; 0 is background
 * @returns [rows · columns]
 */
export function patchesOn(
  mask: { width: number; height: number; data: ArrayLike<number> },
  { rows, columns }: { rows: number; columns: number },
  minimum = 0.1,
): boolean[] {
  const { width, height, data } = mask;
  if (data.length !== width * height) {
    throw new Blip2Error(`A mask of ${width}×${height} pixels has ${data.length} values`);
  }
  const covered = new Float64Array(rows * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const patch = Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
      if (data[y * width + x]) covered[patch]++;
    }
  }
  const pixels = (width * height) / (rows * columns);
  return Array.from(covered, (count) => count / pixels >= minimum);
}

/** The part of all attention to patches that falls on the given ones. Without a preference it is `chance(patches)`. */
export function shareOn({ values }: PatchMap, patches: readonly boolean[]): number {
  return share(sum(values.filter((_, i) => patches[i])), sum(values));
}

/** The share that the given patches have of the picture. */
export function chance(patches: readonly boolean[]): number {
  return patches.filter(Boolean).length / patches.length;
}

/** A query in numbers. */
export interface QuerySummary {
  query: number;
  /** Share of the class token. */
  cls: number;
  entropy: number;
  peak: Peak;
  /** Share on objects, where `objects` were given. */
  onObjects?: number;
}

/** Every query of a bundle in numbers. @param objects patches with objects, from `patchesOn` */
export function querySummaries(
  bundle: AttentionBundle,
  { objects, ...choice }: MapChoice & { objects?: readonly boolean[] } = {},
): QuerySummary[] {
  return Array.from({ length: bundle.queries }, (_, query) => {
    const map = queryMap(bundle, { ...choice, query });
    return {
      query,
      cls: classShare(bundle, { ...choice, query }),
      entropy: entropy(map),
      peak: peak(map),
      ...(objects && { onObjects: shareOn(map, objects) }),
    };
  });
}

/** Gradients may be zero all over the picture. */
const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
