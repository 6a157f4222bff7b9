/**
 * What the queries of a Q-Former attend to in one picture, as plain JSON: to be kept in a file, sent to a viewer, drawn.
 * H heads, Q queries, P patches (class token not counted).
 */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { encodePng, type ImageSource } from '../image';

/** The bundle's MIME type; the number in it changes when old readers would misread a new bundle. */
export const ATTENTION_FORMAT = 'application/vnd.blip2.attention.v1+json';

/** Cross-attention of one block. The probabilities of a head and query, `cls` with `heat`, add up to 1. */
export interface AttentionLayer {
  /** Number of the block, from 0. */
  layer: number;
  /** Probabilities over the patches, row by row of the picture: float32 [H, Q, P], little-endian, base64. */
  heat: string;
  /** Probability of the vision tower's class token, which is no place in the picture: float32 [H, Q], likewise. */
  cls: string;
}

/** Where queries look in one picture, as plain data: what `attend` returns, and what JupyterLab's explorer draws. */
export interface AttentionBundle {
  format: typeof ATTENTION_FORMAT;
  /** The picture as a PNG data URL, and its size in pixels. */
  image: { url: string; width: number; height: number };
  /** The patches that the picture is cut into: P = rows · columns. */
  grid: { rows: number; columns: number };
  heads: number;
  queries: number;
  /** The blocks that read the picture, first to last. */
  layers: AttentionLayer[];
  /** The text that the queries had beside them, as in image-text matching. */
  text?: string;
}

/** Cross-attention of one block over one picture: row-major [H, Q, 1 + P], the class token first. */
export interface CrossAttentionMap {
  layer: number;
  /** [H, Q, 1 + P] */
  shape: readonly number[];
  values: Float32Array;
}

export interface AttentionSource {
  image: ImageSource;
  maps: readonly CrossAttentionMap[];
  text?: string;
  /** Patch rows and columns; a square unless given. */
  grid?: { rows: number; columns: number };
}

/** @throws Blip2Error if the maps do not fit each other or the grid */
export async function attentionBundle({
  image,
  maps,
  text,
  grid,
}: AttentionSource): Promise<AttentionBundle> {
  const first = maps.at(0);
  if (!first) throw new Blip2Error('An attention bundle needs the map of at least one layer');
  const [heads, queries, tokens] = first.shape;
  const side = Math.round(Math.sqrt(tokens - 1));
  const { rows, columns } = grid ?? { rows: side, columns: side };
  for (const { layer, shape, values } of maps) {
    const expected = [heads, queries, 1 + rows * columns];
    if (`${shape}` !== `${expected}` || values.length !== heads * queries * expected[2]) {
      throw new Blip2Error(`Attention of layer ${layer} has the shape [${shape}], not [${expected}]`, {
        hint: 'A map holds one picture: [heads, queries, class token + patches]. Give `grid` if patches make no square.',
      });
    }
  }
  const { png, width, height } = await encodePng(image);
  return {
    format: ATTENTION_FORMAT,
    image: { url: `data:image/png;base64,${png.toString('base64')}`, width, height },
    grid: { rows, columns },
    heads,
    queries,
    layers: [...maps].sort((a, b) => a.layer - b.layer).map((map) => encodeLayer(map, tokens)),
    ...(text !== undefined && { text }),
  };
}

function encodeLayer({ layer, values }: CrossAttentionMap, tokens: number): AttentionLayer {
  const isClass = (i: number) => i % tokens === 0;
  return {
    layer,
    heat: toBase64(values.filter((_, i) => !isClass(i))), // [H, Q, P]
    cls: toBase64(values.filter((_, i) => isClass(i))), // [H, Q]
  };
}

/** Little-endian, as every processor that Node runs on. */
function toBase64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

export function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(new Uint8Array(bytes).buffer);
}

const count = z.number().int().positive();
const schema = z.object({
  format: z.literal(ATTENTION_FORMAT),
  image: z.object({ url: z.string().startsWith('data:image/png;base64,'), width: count, height: count }),
  grid: z.object({ rows: count, columns: count }),
  heads: count,
  queries: count,
  layers: z
    .array(z.object({ layer: z.number().int().nonnegative(), heat: z.base64(), cls: z.base64() }))
    .min(1),
  text: z.string().optional(),
});

/** A bundle from parsed JSON. @throws Blip2Error naming the key at fault */
export function readAttentionBundle(json: unknown, name = 'attention bundle'): AttentionBundle {
  const { error, data } = schema.safeParse(json);
  if (error) {
    const [{ path, message }] = error.issues;
    throw new Blip2Error(`${name}: ${path.join('.') || 'the whole'}: ${message}`, {
      hint: `A bundle of format ${ATTENTION_FORMAT} is expected.`,
    });
  }
  const { heads, queries, grid } = data;
  for (const [index, { heat, cls }] of data.layers.entries()) {
    const sizes = { heat: heads * queries * grid.rows * grid.columns, cls: heads * queries };
    for (const [key, text] of Object.entries({ heat, cls })) {
      const found = Buffer.from(text, 'base64').length / 4;
      const expected = sizes[key as 'heat' | 'cls'];
      if (found !== expected) {
        throw new Blip2Error(`${name}: layers.${index}.${key}: ${found} numbers, expected ${expected}`, {
          hint: 'The bundle was cut short, or its grid, heads or queries were changed.',
        });
      }
    }
  }
  return data;
}
