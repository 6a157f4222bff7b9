/**
 * Combinations of color and shape that a training world never shows, so that a test world can: as NoCaps has objects
 * that COCO's captions never name (in, near and out of domain).
 */
import { type Color, COLORS, type Shape, SHAPES } from './names';

/**
 * - `in`: all objects of a scene are of combinations that training may show;
 * - `near`: exactly one is not, beside others that are;
 * - `out`: none is.
 */
export const DOMAINS = ['in', 'near', 'out'] as const;
/** Which combinations of color and shape a world has: those that are seen in training, others, or some of each. */
export type Domain = (typeof DOMAINS)[number];

interface Combination {
  color: Color;
  shape: Shape;
}

/** Of the 48 combinations 12 are kept out of training: two colors of each shape, one or two shapes of each color. */
export function isUnseen({ color, shape }: Combination): boolean {
  return (COLORS.indexOf(color) - SHAPES.indexOf(shape)) % 4 === 0;
}

/** The domain of a scene; undefined of one that belongs to none, with several unseen objects beside seen ones. */
export function domainOf(objects: readonly Combination[]): Domain | undefined {
  const unseen = objects.filter(isUnseen).length;
  if (unseen === 0) return 'in';
  if (unseen === objects.length) return 'out';
  return unseen === 1 ? 'near' : undefined;
}
