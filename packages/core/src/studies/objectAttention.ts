/**
 * How much the queries look at objects: the share of their attention that falls on patches with them, over what it would
 * be if they looked anywhere alike. H heads, Q queries, P patches.
 */
import { chance, patchesOn, shareOn } from '../attention';
import type { ShapesDataset } from '../data';
import type { CrossAttention } from '../recipes';
import { mean } from './statistics';

/**
 * One number for each picture and query: share / chance, mean over heads.
 * @param map [pictures, H, Q, 1 + P]
 * @param pictures numbers in the test split
 * @param object which one of each picture, from 0; all of them unless given
 */
export function timesChance(
  { shape, values }: CrossAttention,
  pictures: readonly number[],
  { world }: ShapesDataset,
  object?: number,
): number[][] {
  const [, heads, queries, tokens] = shape;
  const side = Math.sqrt(tokens - 1);
  const grid = { rows: side, columns: side };
  const patchesOf = (picture: number): boolean[] => {
    const mask = world.mask(world.splits.test[picture]); // number of the object, from 1
    const data = object === undefined ? mask : mask.map((one) => Number(one === object + 1));
    return patchesOn({ width: world.imageSize, height: world.imageSize, data }, grid);
  };
  return pictures.map((picture, row) => {
    const patches = patchesOf(picture);
    const shareOf = (head: number, query: number): number => {
      const at = ((row * heads + head) * queries + query) * tokens;
      // The class token, which comes first, is no place in the picture.
      return shareOn({ ...grid, values: values.subarray(at + 1, at + tokens) }, patches);
    };
    return Array.from({ length: queries }, (_, query) => {
      const shares = Array.from({ length: heads }, (_, head) => shareOf(head, query));
      return mean(shares) / chance(patches);
    });
  });
}
