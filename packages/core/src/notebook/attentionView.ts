/**
 * Where queries look. In JupyterLab, the extension of packages/jupyter-ext explores the bundle; everywhere else, a PNG
 * has the picture once for each query, lit where its attention is and dark elsewhere, so that the picture keeps its
 * colours. Patches are shown as they are, not smoothed into a resolution that was never there.
 */
import {
  ATTENTION_FORMAT,
  layerOf,
  queryMap,
  shareOn,
  type AttentionBundle,
  type MapChoice,
} from '../attention';
import { label, picture, renderPng, wrap, type Drawing } from './svg';
import type { View } from './view';

export interface AttentionViewOptions extends MapChoice {
  /** All unless given. */
  queries?: readonly number[];
  /** Patches that show objects (`patchesOn`): each query's share on them is written below it. */
  objects?: readonly boolean[];
  /** Below the picture; the bundle's text unless given. */
  caption?: string;
}

/** As wide as a notebook's page. */
const WIDTH = 760;
/** Wide enough for the numbers of 4 × 4 patches. */
const TILE = 108;
const GAP = 10;
const SMALL = 10.5;
const LINE = 13;
/** Numbers in patches are readable down to this many pixels per patch. */
const NUMBERED = 26;
/** Darkness of a patch that gets no attention. */
const DARKEST = 0.72;

/** Where queries look in a picture: explored in JupyterLab, a PNG elsewhere. */
export function attentionView(bundle: AttentionBundle, options: AttentionViewOptions = {}): View {
  return {
    async render() {
      const png = await renderPng(drawAttention(bundle, options));
      return {
        data: { [ATTENTION_FORMAT]: bundle, ...png.data, 'text/plain': describe(bundle, options) },
        // The explorer begins with the same choice.
        metadata: { [ATTENTION_FORMAT]: options, ...png.metadata },
      };
    },
  };
}

const percent = (share: number) => `${Math.round(100 * share)}%`;
const chosen = ({ queries }: AttentionBundle, options: AttentionViewOptions) =>
  options.queries ?? Array.from({ length: queries }, (_, query) => query);

function describe(bundle: AttentionBundle, options: AttentionViewOptions): string {
  const { objects } = options;
  const share = (query: number) =>
    objects ? ` ${percent(shareOn(queryMap(bundle, { ...options, query }), objects))} on objects` : '';
  const queries = chosen(bundle, options).map((query) => `query ${query}${share(query)}`);
  return `Attention in layer ${layerOf(bundle, options.layer).layer}: ${queries.join(', ')}`;
}

export function drawAttention(bundle: AttentionBundle, options: AttentionViewOptions): Drawing {
  const { objects, caption = bundle.text } = options;
  const queries = chosen(bundle, options);
  const maps = queries.map((query) => queryMap(bundle, { ...options, query }));
  // One scale for all, so that a spread map looks spread beside a sharp one.
  const largest = Math.max(...maps.flatMap((map) => [...map.values]));
  const words = caption === undefined ? [] : wrap(caption, TILE + GAP, SMALL);
  const lines = Math.max(words.length, objects ? 2 : 1);
  const height = TILE + lines * LINE + GAP;
  const perRow = Math.floor((WIDTH - GAP) / (TILE + GAP));
  const columns = Math.min(perRow, queries.length + 1);
  const place = (tile: number) => ({
    x: GAP + (tile % columns) * (TILE + GAP),
    y: GAP + Math.floor(tile / columns) * height,
  });

  const parts = [tile(bundle, place(0), words)];
  for (const [i, map] of maps.entries()) {
    const at = place(i + 1);
    const share = objects ? [`${percent(shareOn(map, objects))} on objects`] : [];
    parts.push(
      tile(bundle, at, [`query ${queries[i]}`, ...share], shade(bundle, map.values, largest, at.x, at.y)),
    );
  }
  return {
    width: GAP + columns * (TILE + GAP),
    height: GAP + Math.ceil((queries.length + 1) / columns) * height,
    content: parts.join(''),
  };
}

/** The picture, what lies over it, lines of text below. */
function tile(
  { image }: AttentionBundle,
  { x, y }: { x: number; y: number },
  lines: readonly string[],
  over = '',
): string {
  const text = lines.map((line, i) =>
    label(line, x + TILE / 2, y + TILE + 15 + i * LINE, { size: SMALL, anchor: 'middle' }),
  );
  return picture(image.url, x, y, TILE, TILE) + over + text.join('');
}

/** Darkness over the patches, and their attention in percent where there is room for it. */
function shade(
  { grid: { rows, columns } }: AttentionBundle,
  values: Float32Array,
  largest: number,
  x: number,
  y: number,
): string {
  const [width, height] = [TILE / columns, TILE / rows];
  const cells = Array.from(values, (value, patch) => {
    const [left, upper] = [x + (patch % columns) * width, y + Math.floor(patch / columns) * height];
    const darkness = (DARKEST * (1 - value / largest)).toFixed(3);
    const cell = `<rect x="${left}" y="${upper}" width="${width}" height="${height}" fill="#000000" fill-opacity="${darkness}"/>`;
    return Math.min(width, height) < NUMBERED
      ? cell
      : cell + number(value, left + width / 2, upper + height / 2);
  });
  return cells.join('');
}

/** White on a dark rim: readable on any colour. */
function number(value: number, x: number, y: number): string {
  const text = `x="${x}" y="${y + 3.5}" font-size="9.5" text-anchor="middle"`;
  const digits = String(Math.round(100 * value));
  return `<text ${text} stroke="#000000" stroke-width="2.5" stroke-linejoin="round" stroke-opacity="0.6">${digits}</text><text ${text} fill="#ffffff">${digits}</text>`;
}
