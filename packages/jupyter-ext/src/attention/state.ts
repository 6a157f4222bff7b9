/** What the view shows, as plain JSON: kept in a notebook's metadata, so that a saved notebook shows the same again. */
import type { Attention, Reader } from './bundle';
import type { Wishes } from './wishes';

/** One of many, or the mean or the largest of all at each place. */
export type Pick = number | 'mean' | 'max';

const SOURCES = ['attention', 'gradients', 'rollout'] as const;
const SORTS = ['number', 'entropy', 'peak'] as const;
const SCALES = ['all', 'own'] as const;
const PAINTS = ['viridis', 'cividis', 'light'] as const;

/** What is drawn: attention itself, attention weighted by gradients, or attention multiplied through the layers. */
export type Source = (typeof SOURCES)[number];
/** The order of the small pictures. */
export type Sort = (typeof SORTS)[number];
/** The scale ends at the largest value of all queries, or of the one on view. */
export type Scale = (typeof SCALES)[number];
/** Colours over the grey picture, or the picture itself, lit where the query looks. */
export type Paint = (typeof PAINTS)[number];

/** Which attention is meant where text reads queries. */
export interface Reading {
  /** Number of the block; -1 is the last. */
  layer: Pick;
  head: Pick;
}

/** All that a reader can choose. */
export interface ViewState {
  /** Index of the picture in its set; 0 without a set. */
  item: number;
  /** Index of the one beside it, or none. */
  compare: number | null;
  source: Source;
  /** Number of the block; -1 is the last. */
  layer: Pick;
  head: Pick;
  query: number;
  /** The query stays on view while the pointer moves over others. */
  locked: boolean;
  /** The patch that stays marked. */
  patch: number | null;
  /** Index of the text's token that is followed, or none. */
  token: number | null;
  /** Index of the written token that is followed, or none. */
  step: number | null;
  /** How the text reads the queries, and how the language model does while it writes. */
  reading: Reading;
  writing: Reading;
  sort: Sort;
  scale: Scale;
  paint: Paint;
}

/** What to begin with: the last layer, the mean of its heads, the first query, or what the notebook asked for. */
export const firstState = ({ layer, head, queries }: Wishes = {}): ViewState => ({
  item: 0,
  compare: null,
  source: 'attention',
  layer: layer ?? -1,
  head: head ?? 'mean',
  query: queries?.[0] ?? 0,
  locked: false,
  patch: null,
  token: null,
  step: null,
  reading: { layer: 'mean', head: 'mean' },
  writing: { layer: 'mean', head: 'mean' },
  sort: 'number',
  scale: 'all',
  paint: 'viridis',
});

/** A state from anywhere: what is missing or of another type is taken from `base`. */
export function readState(value: unknown, base: ViewState): ViewState {
  const from = object(value);
  const number = (key: 'item' | 'query') => (isIndex(from[key]) ? from[key] : base[key]);
  const orNone = (key: 'compare' | 'patch' | 'token' | 'step') =>
    from[key] === null || isIndex(from[key]) ? from[key] : base[key];
  const pick = (one: unknown, other: Pick) => (isPick(one) ? one : other);
  const reading = (key: 'reading' | 'writing') => ({
    layer: pick(object(from[key]).layer, base[key].layer),
    head: pick(object(from[key]).head, base[key].head),
  });
  return {
    item: number('item'),
    compare: orNone('compare'),
    source: oneOf(SOURCES, from.source, base.source),
    layer: pick(from.layer, base.layer),
    head: pick(from.head, base.head),
    query: number('query'),
    locked: typeof from.locked === 'boolean' ? from.locked : base.locked,
    patch: orNone('patch'),
    token: orNone('token'),
    step: orNone('step'),
    reading: reading('reading'),
    writing: reading('writing'),
    sort: oneOf(SORTS, from.sort, base.sort),
    scale: oneOf(SCALES, from.scale, base.scale),
    paint: oneOf(PAINTS, from.paint, base.paint),
  };
}

const object = (value: unknown) =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isPick = (value: unknown): value is Pick =>
  value === 'mean' || value === 'max' || (Number.isSafeInteger(value) && (value as number) >= -1);

const oneOf = <T>(all: readonly T[], value: unknown, other: T): T =>
  all.includes(value as T) ? (value as T) : other;

/** The sources that a bundle has. */
export const sourcesOf = ({ gradients, rollout }: Attention): Source[] =>
  SOURCES.filter((source) => source === 'attention' || (source === 'gradients' ? gradients : rollout));

/** The blocks that a source can show, first to last; none where it is of all. */
export const layersOf = ({ layers, gradients }: Attention, source: Source): number[] =>
  source === 'rollout' ? [] : (source === 'gradients' ? (gradients ?? []) : layers).map(({ layer }) => layer);

/** The same state on a bundle: what does not exist there is replaced. */
export function fit(attention: Attention, state: ViewState): ViewState {
  const { heads, queries, grid, tokens, generated } = attention;
  const source = sourcesOf(attention).includes(state.source) ? state.source : 'attention';
  const index = (value: number | null, count = 0) => (value !== null && value < count ? value : null);
  return {
    ...state,
    source,
    // Rollout has no layers and heads; those of the other sources are kept.
    layer: fitLayer(state.layer, layersOf(attention, source === 'rollout' ? 'attention' : source)),
    head: fitHead(state.head, heads),
    query: index(state.query, queries) ?? 0,
    patch: index(state.patch, grid.rows * grid.columns),
    token: index(state.token, tokens?.tokens.length),
    step: index(state.step, generated?.tokens.length),
    reading: fitReading(state.reading, tokens),
    writing: fitReading(state.writing, generated),
  };
}

const fitReading = ({ layer, head }: Reading, reader?: Reader): Reading =>
  reader
    ? {
        layer: fitLayer(
          layer,
          reader.layers.map((one) => one.layer),
        ),
        head: fitHead(head, reader.heads),
      }
    : { layer, head };

const fitLayer = (layer: Pick, layers: readonly number[]): Pick =>
  typeof layer === 'string' || layers.includes(layer) ? layer : layers[layers.length - 1];

const fitHead = (head: Pick, heads: number): Pick =>
  typeof head === 'string' || (head >= 0 && head < heads) ? head : 'mean';
