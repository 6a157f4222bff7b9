/**
 * Where queries look. In JupyterLab, the extension of packages/jupyter-ext explores the bundle; everywhere else, a PNG
 * has the picture once for each query, lit where its attention is.
 */
import {
  ATTENTION_FORMAT,
  layerOf,
  queryMap,
  shareOn,
  type AttentionBundle,
  type MapChoice,
} from '../attention';
import { litPicture, TILE } from './attentionPicture';
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
const GAP = 10;
const SMALL = 10.5;
const LINE = 13;

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

  const { x, y } = place(0);
  const parts = [picture(bundle.image.url, x, y, TILE, TILE) + below({ x, y }, words)];
  for (const [i, map] of maps.entries()) {
    const at = place(i + 1);
    const share = objects ? [`${percent(shareOn(map, objects))} on objects`] : [];
    const lit = litPicture(bundle, map.values, { largest, ...at });
    parts.push(lit + below(at, [`query ${queries[i]}`, ...share]));
  }
  return {
    width: GAP + columns * (TILE + GAP),
    height: GAP + Math.ceil((queries.length + 1) / columns) * height,
    content: parts.join(''),
  };
}

/** Lines of text below a picture. */
const below = ({ x, y }: { x: number; y: number }, lines: readonly string[]): string =>
  lines
    .map((line, i) => label(line, x + TILE / 2, y + TILE + 15 + i * LINE, { size: SMALL, anchor: 'middle' }))
    .join('');
