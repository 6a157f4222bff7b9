/** What of a bundle is on view, as a plain object: chosen by the reader, begun with what the notebook asked for. */
import type { Attention } from './bundle';

/** One head, or the mean or the largest of all heads at each patch. */
export type Head = number | 'mean' | 'max';

export interface Choice {
  query: number;
  /** Number of the block. */
  layer: number;
  head: Head;
  /** The scale ends at the largest probability of all queries, or of this one. */
  scale: 'all' | 'own';
  /** Colours over the grey picture, or the picture itself, lit where the query looks. */
  paint: 'heat' | 'light';
}

/** What a notebook may ask for in its output's metadata, as @blip2/core's `attentionView` does. */
export interface Wishes {
  layer?: number;
  head?: Head;
  /** The first is shown first. */
  queries?: number[];
  /** Patches that show objects: [P]. */
  objects?: boolean[];
  caption?: string;
}

/** The choice to begin with: the wishes where the bundle can meet them; otherwise query 0, last layer, mean of heads. */
export function firstChoice(attention: Attention, { layer, head, queries }: Wishes): Choice {
  const last = attention.layers[attention.layers.length - 1].layer;
  return fit(attention, {
    query: queries?.[0] ?? 0,
    layer: layer ?? last,
    head: head ?? 'mean',
    scale: 'all',
    paint: 'heat',
  });
}

/** The same choice on another bundle, as after a cell was run again: what does not exist there is replaced. */
export function fit(attention: Attention, choice: Choice): Choice {
  const { layers, heads, queries } = attention;
  return {
    ...choice,
    query: isIndex(choice.query, queries) ? choice.query : 0,
    layer: layers.some(({ layer }) => layer === choice.layer)
      ? choice.layer
      : layers[layers.length - 1].layer,
    head: typeof choice.head === 'string' || isIndex(choice.head, heads) ? choice.head : 'mean',
  };
}

const isIndex = (value: number, count: number) => Number.isInteger(value) && value >= 0 && value < count;

/** Wishes from an output's metadata, which may hold anything: what is of another type is left out. */
export function readWishes(metadata: unknown, { rows, columns }: Attention['grid']): Wishes {
  if (typeof metadata !== 'object' || metadata === null) return {};
  const { layer, head, queries, objects, caption } = metadata as Record<string, unknown>;
  return {
    ...(typeof layer === 'number' && { layer }),
    ...((typeof head === 'number' || head === 'mean' || head === 'max') && { head }),
    ...(isListOf(queries, 'number') && { queries: queries as number[] }),
    ...(isListOf(objects, 'boolean') &&
      objects.length === rows * columns && { objects: objects as boolean[] }),
    ...(typeof caption === 'string' && { caption }),
  };
}

const isListOf = (value: unknown, type: string): value is unknown[] =>
  Array.isArray(value) && value.every((item) => typeof item === type);
