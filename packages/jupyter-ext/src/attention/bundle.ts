/**
 * An attention bundle as a notebook's output brings it, checked and decoded. A bundle is data from anywhere: whatever
 * is wrong with it ends in a BundleError, before memory is taken for what it claims.
 * The format is @blip2/core's (packages/core/src/attention/bundle.ts). H heads, Q queries, P patches.
 */

export const ATTENTION_FORMAT = 'application/vnd.blip2.attention.v1+json';

/** Cross-attention of one block. The probabilities of a head and query, `cls` with `heat`, add up to 1. */
export interface AttentionLayer {
  /** Number of the block, from 0. */
  layer: number;
  /** Probabilities over the patches, row by row of the picture: [H, Q, P]. */
  heat: Float32Array;
  /** Probability of the vision tower's class token: [H, Q]. */
  cls: Float32Array;
}

export interface Attention {
  /** The picture as a PNG data URL, and its size in pixels. */
  image: { url: string; width: number; height: number };
  /** P = rows · columns. */
  grid: { rows: number; columns: number };
  heads: number;
  queries: number;
  /** The blocks that read the picture, first to last. */
  layers: AttentionLayer[];
  /** The text that the queries had beside them. */
  text?: string;
}

/** What is wrong with a bundle, for the reader of a notebook. */
export class BundleError extends Error {}

/** More than any model has; what claims more is damaged or hostile. */
const MOST = { heads: 256, queries: 1024, side: 1024, layers: 256, pixels: 65_536, text: 100_000 };
/** Characters of JSON, about 100 times what a notebook should hold. */
const LONGEST = 200_000_000;

/** @param data the JSON, parsed or as text. @throws BundleError naming the key at fault */
export function readAttention(data: unknown): Attention {
  const bundle = record(typeof data === 'string' ? parse(data) : data, 'the whole');
  if (bundle.format !== ATTENTION_FORMAT) fail('format', `expected ${ATTENTION_FORMAT}`);
  const image = record(bundle.image, 'image');
  const grid = record(bundle.grid, 'grid');
  const sizes = {
    heads: count(bundle.heads, 'heads', MOST.heads),
    queries: count(bundle.queries, 'queries', MOST.queries),
    rows: count(grid.rows, 'grid.rows', MOST.side),
    columns: count(grid.columns, 'grid.columns', MOST.side),
  };
  return {
    image: {
      url: pngUrl(image.url),
      width: count(image.width, 'image.width', MOST.pixels),
      height: count(image.height, 'image.height', MOST.pixels),
    },
    grid: { rows: sizes.rows, columns: sizes.columns },
    heads: sizes.heads,
    queries: sizes.queries,
    layers: readLayers(bundle.layers, sizes),
    ...(bundle.text !== undefined && { text: shortText(bundle.text) }),
  };
}

function readLayers(
  value: unknown,
  { heads, queries, rows, columns }: { heads: number; queries: number; rows: number; columns: number },
): AttentionLayer[] {
  if (!Array.isArray(value) || value.length === 0) fail('layers', 'expected a list of at least one layer');
  if (value.length > MOST.layers) fail('layers', `expected at most ${MOST.layers}`);
  const layers = value.map((item: unknown, index) => {
    const name = `layers.${index}`;
    const { layer, heat, cls } = record(item, name);
    if (!Number.isSafeInteger(layer) || (layer as number) < 0)
      fail(`${name}.layer`, 'expected a block number');
    return {
      layer: layer as number,
      heat: probabilities(heat, heads * queries * rows * columns, `${name}.heat`),
      cls: probabilities(cls, heads * queries, `${name}.cls`),
    };
  });
  if (new Set(layers.map(({ layer }) => layer)).size < layers.length) fail('layers', 'a block appears twice');
  return layers.sort((a, b) => a.layer - b.layer);
}

/** Little-endian float32 in base64. The length is compared before anything is decoded. */
function probabilities(value: unknown, length: number, name: string): Float32Array {
  if (typeof value !== 'string') fail(name, 'expected numbers in base64');
  if (value.length !== base64Length(4 * length)) fail(name, `expected ${length} numbers`);
  const bytes = decode(value, name);
  if (bytes.length !== 4 * length) fail(name, `${bytes.length} bytes, expected ${length} numbers`);
  const values = new Float32Array(bytes.buffer);
  if (!values.every((one) => one >= 0 && one < Infinity)) fail(name, 'not all are probabilities');
  return values;
}

/** Characters of base64 for so many bytes, padding counted. */
const base64Length = (bytes: number) => 4 * Math.ceil(bytes / 3);

function decode(base64: string, name: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    fail(name, 'is not base64');
  }
}

function parse(json: string): unknown {
  if (json.length > LONGEST) fail('the whole', `${json.length} characters are more than ${LONGEST}`);
  try {
    return JSON.parse(json);
  } catch {
    fail('the whole', 'is not JSON');
  }
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(name, 'expected an object');
  return value as Record<string, unknown>;
}

function count(value: unknown, name: string, most: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most) {
    return value as number;
  }
  fail(name, `expected a whole number from 1 to ${most}`);
}

function pngUrl(value: unknown): string {
  if (typeof value === 'string' && value.startsWith('data:image/png;base64,')) return value;
  fail('image.url', 'expected a PNG as a data URL');
}

function shortText(value: unknown): string {
  if (typeof value === 'string' && value.length <= MOST.text) return value;
  fail('text', `expected at most ${MOST.text} characters`);
}

function fail(name: string, message: string): never {
  throw new BundleError(`This attention bundle cannot be shown: ${name}: ${message}.`);
}
