/** A bundle from what a model's passes gave. H heads, Q queries, P patches (class token not counted), T text tokens. */
import sharp from 'sharp';
import { Blip2Error } from '../runtime';
import { encodePng, type ImageSource } from '../image';
import {
  ATTENTION_FORMAT,
  ATTENTION_SET_FORMAT,
  type AttentionBundle,
  type AttentionMaps,
  type AttentionSet,
  type AttentionToQueries,
} from './format';
import { toBase64 } from './numbers';

/** Attention of one block. */
export interface LayerMap {
  /** Number of the block, from 0. */
  layer: number;
  shape: readonly number[];
  /** Row-major. */
  values: Float32Array;
}

/** What `attentionBundle` makes a bundle of. Where a row is over the picture, the class token comes first: 1 + P. */
export interface AttentionSource {
  image: ImageSource;
  /** Cross-attention of the blocks that read the picture: [H, Q, 1 + P] each. */
  maps: readonly LayerMap[];
  text?: string;
  /** Patch rows and columns; a square unless given. */
  grid?: { rows: number; columns: number };
  /** [H, Q, 1 + P] each, for the same blocks; what was differentiated, in words. */
  gradients?: { of: string; maps: readonly LayerMap[] };
  /** [Q, 1 + P] */
  rollout?: Omit<LayerMap, 'layer'>;
  /** [H, T, Q] each. */
  tokens?: { text: readonly string[]; maps: readonly LayerMap[] };
  /** [heads, T, Q] each, the language model's. */
  generated?: { prompt: string; tokens: readonly string[]; maps: readonly LayerMap[] };
}

/** Longer side of the picture in a bundle: more than a model sees of it, and small enough for a notebook. */
const LARGEST_SIDE = 512;

/** @throws Blip2Error if the maps do not fit each other or the grid */
export async function attentionBundle(source: AttentionSource): Promise<AttentionBundle> {
  const { maps, text, gradients, rollout, tokens, generated } = source;
  const first = maps.at(0);
  if (!first) throw new Blip2Error('An attention bundle needs the map of at least one layer');
  const [heads, queries, places] = first.shape;
  const side = Math.round(Math.sqrt(places - 1));
  const { rows, columns } = source.grid ?? { rows: side, columns: side };
  const onPicture = [heads, queries, 1 + rows * columns];
  const layersOf = (some: readonly LayerMap[]) =>
    inOrder(some).map((map) => ({ layer: map.layer, ...overPicture(map, onPicture) }));
  return {
    format: ATTENTION_FORMAT,
    image: await encodePicture(source.image),
    grid: { rows, columns },
    heads,
    queries,
    layers: layersOf(maps),
    ...(gradients && { gradients: layersOf(gradients.maps), gradientOf: gradients.of }),
    ...(rollout && { rollout: overPicture({ ...rollout, layer: 'rollout' }, onPicture.slice(1)) }),
    ...(text !== undefined && { text }),
    ...(tokens && {
      tokens: { text: [...tokens.text], layers: toQueries(tokens, tokens.text, queries, heads) },
    }),
    ...(generated && writtenText(generated, queries)),
  };
}

function writtenText(generated: NonNullable<AttentionSource['generated']>, queries: number) {
  const { prompt, tokens, maps } = generated;
  const heads = maps.at(0)?.shape[0] ?? 0;
  const layers = toQueries(generated, tokens, queries, heads);
  return { generated: { prompt, tokens: [...tokens], heads, layers } };
}

const inOrder = (maps: readonly LayerMap[]) => [...maps].sort((a, b) => a.layer - b.layer);

function toQueries(
  { maps }: { maps: readonly LayerMap[] },
  tokens: readonly string[],
  queries: number,
  heads: number,
): AttentionToQueries[] {
  return inOrder(maps).map((map) => {
    checkShape(map, [heads, tokens.length, queries]);
    return { layer: map.layer, toQueries: toBase64(map.values) };
  });
}

type AnyMap = Omit<LayerMap, 'layer'> & { layer: number | 'rollout' };

/** The class token apart: [..., 1 + P] → [..., P] and [...]. */
function overPicture(map: AnyMap, expected: readonly number[]): AttentionMaps {
  checkShape(map, expected);
  const { values } = map;
  const width = expected.at(-1)!;
  const rows = values.length / width;
  const heat = new Float32Array(rows * (width - 1));
  for (let row = 0; row < rows; row++) {
    heat.set(values.subarray(row * width + 1, (row + 1) * width), row * (width - 1));
  }
  const cls = Float32Array.from({ length: rows }, (_, row) => values[row * width]);
  return { heat: toBase64(heat), cls: toBase64(cls) };
}

function checkShape({ layer, shape, values }: AnyMap, expected: readonly number[]): void {
  const size = expected.reduce((product, length) => product * length, 1);
  if (`${shape}` === `${expected}` && values.length === size) return;
  const name = typeof layer === 'number' ? `of layer ${layer}` : layer;
  throw new Blip2Error(`Attention ${name} has the shape [${shape}], not [${expected}]`, {
    hint: 'A map holds one picture: [heads, queries, class token + patches]. Give `grid` if patches make no square.',
  });
}

async function encodePicture(source: ImageSource): Promise<AttentionBundle['image']> {
  let { png, width, height } = await encodePng(source);
  if (Math.max(width, height) > LARGEST_SIDE) {
    const { data, info } = await sharp(png)
      .resize({ width: LARGEST_SIDE, height: LARGEST_SIDE, fit: 'inside' })
      .png({ compressionLevel: 9 })
      .toBuffer({ resolveWithObject: true });
    [png, width, height] = [data, info.width, info.height];
  }
  return { url: `data:image/png;base64,${png.toString('base64')}`, width, height };
}

/** Several pictures, or what is to be compared. */
export function attentionSet(
  items: readonly { name: string; bundle: AttentionBundle }[],
  title?: string,
): AttentionSet {
  return { format: ATTENTION_SET_FORMAT, ...(title !== undefined && { title }), items: [...items] };
}
