/**
 * An attention bundle as a notebook's output brings it, checked. A bundle is data from anywhere: whatever is wrong with
 * it ends in a BundleError, before memory is taken for what it claims.
 * The format is @blip2/core's (packages/core/src/attention/bundle.ts). H heads, Q queries, P patches, T tokens.
 */
import { count, fail, jsonObject, list, record, shortText } from './checks';
import { floats, packed, type Packed } from './numbers';
import { readPicture, type Picture } from './png';

export { BundleError } from './checks';

export const ATTENTION_FORMAT = 'application/vnd.blip2.attention.v1+json';

/** From queries to the picture. What a head and query give, `cls` with `heat`, adds up to 1 where it is attention. */
export interface Maps {
  /** Over the patches, row by row of the picture: [H, Q, P]. */
  heat: Packed;
  /** The vision tower's class token: [H, Q]. */
  cls: Float32Array;
}

/** Cross-attention of one block, whose number counts from 0. */
export type Layer = Maps & { layer: number };

/** From tokens to queries. */
export interface Reader {
  tokens: string[];
  heads: number;
  /** Blocks, first to last: [H, T, Q] each. */
  layers: { layer: number; toQueries: Packed }[];
}

/** What the queries attend to in one picture. */
export interface Attention {
  image: Picture;
  /** P = rows · columns. */
  grid: { rows: number; columns: number };
  heads: number;
  queries: number;
  /** The blocks that read the picture, first to last. */
  layers: Layer[];
  /** Attention times positive gradient: no probabilities. */
  gradients?: Layer[];
  /** What the gradients are of, in words. */
  gradientOf?: string;
  /** Attention multiplied through the layers: one head. */
  rollout?: Maps;
  /** The text that the queries had beside them. */
  text?: string;
  /** The text's tokens, which read the queries in self-attention. */
  tokens?: Reader;
  /** The tokens that the language model wrote, and the prompt before them. */
  generated?: Reader & { prompt: string };
  /** The bundle itself, to be saved again. */
  json: Record<string, unknown>;
}

/** More than any model has; what claims more is damaged or hostile. */
const MOST = { heads: 256, queries: 1024, side: 1024, layers: 256, tokens: 4096, text: 100_000, token: 1000 };

type Sizes = Pick<Attention, 'heads' | 'queries'> & { patches: number };

/** @param data the JSON, parsed or as text. @throws BundleError naming the key at fault */
export function readAttention(data: unknown): Attention {
  const json = jsonObject(data);
  if (json.format !== ATTENTION_FORMAT) fail('format', `expected ${ATTENTION_FORMAT}`);
  const grid = record(json.grid, 'grid');
  const [rows, columns] = (['rows', 'columns'] as const).map((key) =>
    count(grid[key], `grid.${key}`, MOST.side),
  );
  const sizes = {
    heads: count(json.heads, 'heads', MOST.heads),
    queries: count(json.queries, 'queries', MOST.queries),
    patches: rows * columns,
  };
  return {
    image: readPicture(json.image),
    grid: { rows, columns },
    heads: sizes.heads,
    queries: sizes.queries,
    layers: readLayers(json.layers, 'layers', (layer, name) => readMaps(layer, name, sizes)),
    ...(json.gradients !== undefined && {
      gradients: readLayers(json.gradients, 'gradients', (layer, name) => readMaps(layer, name, sizes)),
      gradientOf: shortText(json.gradientOf ?? '', 'gradientOf', MOST.token),
    }),
    ...(json.rollout !== undefined && {
      rollout: readMaps(record(json.rollout, 'rollout'), 'rollout', { ...sizes, heads: 1 }),
    }),
    ...(json.text !== undefined && { text: shortText(json.text, 'text', MOST.text) }),
    ...(json.tokens !== undefined && { tokens: readTokens(json.tokens, sizes) }),
    ...(json.generated !== undefined && { generated: readGenerated(json.generated, sizes) }),
    json,
  };
}

function readLayers<Read extends object>(
  value: unknown,
  name: string,
  read: (layer: Record<string, unknown>, name: string) => Read,
): (Read & { layer: number })[] {
  const layers = list(value, name, MOST.layers).map((item, index) => {
    const own = `${name}.${index}`;
    const json = record(item, own);
    if (!Number.isSafeInteger(json.layer) || (json.layer as number) < 0) {
      fail(`${own}.layer`, 'expected a block number');
    }
    return { ...read(json, own), layer: json.layer as number };
  });
  if (new Set(layers.map(({ layer }) => layer)).size < layers.length) fail(name, 'a block appears twice');
  return layers.sort((a, b) => a.layer - b.layer);
}

function readMaps(
  { heat, cls, scale }: Record<string, unknown>,
  name: string,
  { heads, queries, patches }: Sizes,
): Maps {
  const rows = heads * queries;
  return {
    heat: packed(heat, scale, `${name}.heat`, { rows, width: patches }),
    cls: floats(cls, rows, `${name}.cls`),
  };
}

function readTokens(value: unknown, { heads, queries }: Sizes): Reader {
  const { text, layers } = record(value, 'tokens');
  return reader('tokens', 'text', text, layers, heads, queries);
}

function readGenerated(value: unknown, { queries }: Sizes): Attention['generated'] {
  const { prompt, tokens, heads, layers } = record(value, 'generated');
  const own = count(heads, 'generated.heads', MOST.heads);
  return {
    prompt: shortText(prompt, 'generated.prompt', MOST.text),
    ...reader('generated', 'tokens', tokens, layers, own, queries),
  };
}

function reader(
  name: string,
  key: string,
  text: unknown,
  layers: unknown,
  heads: number,
  queries: number,
): Reader {
  const tokens = list(text, `${name}.${key}`, MOST.tokens).map((token, index) =>
    shortText(token, `${name}.${key}.${index}`, MOST.token),
  );
  const size = { rows: heads * tokens.length, width: queries };
  return {
    tokens,
    heads,
    layers: readLayers(layers, `${name}.layers`, ({ toQueries, scale }, own) => ({
      toQueries: packed(toQueries, scale, `${own}.toQueries`, size),
    })),
  };
}
