/**
 * Where queries look: the picture once for each query, lit where its attention is and dark elsewhere, so that the
 * picture keeps its colours. Patches are shown as they are, not smoothed into a resolution that was never there.
 */
import {
  ATTENTION_FORMAT,
  layerOf,
  queryMap,
  shareOn,
  type AttentionBundle,
  type MapChoice,
} from '../attention';
import { INK, label, picture, renderPng, wrap, type Drawing } from './svg';
import type { View } from './view';

export interface AttentionViewOptions extends MapChoice {
  /** All unless given. */
  queries?: readonly number[];
  /** Patches that show objects (`patchesOn`): each query's share on them is written below it. */
  objects?: readonly boolean[];
  /** Below the picture; the bundle's text unless given. */
  caption?: string;
}

const TILE = 84;
const GAP = 10;
const SMALL = 10.5;
/** Numbers in patches are readable down to this many pixels per patch. */
const NUMBERED = 26;
/** Darkness of a patch that gets no attention. */
const DARKEST = 0.72;

export function attentionView(bundle: AttentionBundle, options: AttentionViewOptions = {}): View {
  return {
    async render() {
      const png = await renderPng(drawAttention(bundle, options));
      return {
        ...png,
        data: { [ATTENTION_FORMAT]: bundle, ...png.data, 'text/plain': describe(bundle, options) },
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
  const top = GAP;
  const below = top + TILE + 15;
  const parts = [picture(bundle.image.url, GAP, top, TILE, TILE)];
  const lines = caption === undefined ? [] : wrap(caption, TILE + GAP, SMALL);
  for (const [i, line] of lines.entries()) {
    parts.push(label(line, GAP + TILE / 2, below + i * 13, { size: SMALL, anchor: 'middle' }));
  }
  for (const [i, map] of maps.entries()) {
    const x = 2 * GAP + (i + 1) * (TILE + GAP);
    parts.push(picture(bundle.image.url, x, top, TILE, TILE), shade(bundle, map.values, largest, x, top));
    parts.push(label(`query ${queries[i]}`, x + TILE / 2, below, { size: SMALL, anchor: 'middle' }));
    if (objects) {
      const share = `${percent(shareOn(map, objects))} on objects`;
      parts.push(label(share, x + TILE / 2, below + 14, { size: SMALL, color: INK.quiet, anchor: 'middle' }));
    }
  }
  const width = 3 * GAP + (queries.length + 1) * (TILE + GAP);
  return {
    width,
    height: below + Math.max(lines.length - 1, objects ? 1 : 0) * 13 + 10,
    content: parts.join(''),
  };
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
