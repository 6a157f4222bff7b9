/** Where queries look, drawn: the picture once for each query, lit where its attention is. */
import { layerOf, queryMap, shareOn, type AttentionBundle, type MapChoice } from '../attention';
import { definePicture, placePicture, shade, TILE } from './attentionPicture';
import { label, wrap, type Drawing } from './svg';

/** What is drawn of a bundle. */
export interface AttentionDrawingOptions extends MapChoice {
  /** All unless given. */
  queries?: readonly number[];
  /** Patches that show objects (`patchesOn`): each query's share on them is written below it. */
  objects?: readonly boolean[];
  /** Below the picture; the bundle's text, or what was written about it, unless given. */
  caption?: string;
}

/** As wide as a notebook's page. */
const WIDTH = 760;
const GAP = 10;
const SMALL = 10.5;
const LINE = 13;

const percent = (share: number) => `${Math.round(100 * share)}%`;
const chosen = ({ queries }: AttentionBundle, options: AttentionDrawingOptions) =>
  options.queries ?? Array.from({ length: queries }, (_, query) => query);

/** The same in words. */
export function describe(bundle: AttentionBundle, options: AttentionDrawingOptions): string {
  const { objects, source } = options;
  const share = (query: number) =>
    objects ? ` ${percent(shareOn(queryMap(bundle, { ...options, query }), objects))} on objects` : '';
  const queries = chosen(bundle, options).map((query) => `query ${query}${share(query)}`);
  const where = source === 'rollout' ? 'rollout' : `layer ${layerOf(bundle, options.layer).layer}`;
  return `Attention in ${where}: ${queries.join(', ')}`;
}

/** @throws Blip2Error if the bundle has no such map */
export function drawAttention(bundle: AttentionBundle, options: AttentionDrawingOptions): Drawing {
  const { objects, caption = bundle.text ?? bundle.generated?.tokens.join('').trim() } = options;
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

  const parts = [definePicture(bundle) + placePicture(bundle, place(0)) + below(place(0), words)];
  for (const [i, map] of maps.entries()) {
    const at = place(i + 1);
    const share = objects ? [`${percent(shareOn(map, objects))} on objects`] : [];
    // What is no probability has no percent.
    const numbered = options.source !== 'gradients';
    const dark = shade(bundle, map.values, { largest, ...at, numbered });
    parts.push(placePicture(bundle, at) + dark + below(at, [`query ${queries[i]}`, ...share]));
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

/** Drawings one below the other, each under its name. */
export function stacked(named: readonly { name: string; drawing: Drawing }[]): Drawing {
  let height = 0;
  const parts = named.map(({ name, drawing }) => {
    const at = height;
    height += 2 * LINE + drawing.height;
    const title = label(name, GAP, at + 2 * LINE - 4, { size: 13, bold: true });
    return `${title}<g transform="translate(0 ${at + 2 * LINE})">${drawing.content}</g>`;
  });
  return { width: Math.max(...named.map(({ drawing }) => drawing.width)), height, content: parts.join('') };
}
