/** What a notebook may ask for in its output's metadata, as @blip2/core's `attentionView` does. */
import type { Attention } from './bundle';
import { isPick, type Pick } from './state';

/** All of it optional. */
export interface Wishes {
  layer?: number;
  head?: Pick;
  /** The first is shown first. */
  queries?: number[];
  /** Patches that show objects: [P]. */
  objects?: boolean[];
  caption?: string;
}

/** Wishes from metadata, which may hold anything: what is of another type is left out. */
export function readWishes(metadata: unknown): Wishes {
  if (typeof metadata !== 'object' || metadata === null) return {};
  const { layer, head, queries, objects, caption } = metadata as Record<string, unknown>;
  return {
    ...(typeof layer === 'number' && { layer }),
    ...(isPick(head) && { head }),
    ...(isListOf(queries, 'number') && { queries: queries as number[] }),
    ...(isListOf(objects, 'boolean') && { objects: objects as boolean[] }),
    ...(typeof caption === 'string' && { caption }),
  };
}

const isListOf = (value: unknown, type: string): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === type);

/** The patches with objects, if the notebook named them for a grid like this picture's. */
export const objectsOf = (
  { objects }: Wishes,
  { rows, columns }: Attention['grid'],
): boolean[] | undefined => (objects?.length === rows * columns ? objects : undefined);
