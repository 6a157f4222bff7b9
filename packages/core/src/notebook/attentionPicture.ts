/**
 * A picture as a query sees it: lit where its attention is and dark elsewhere, so that the picture keeps its colours.
 * Patches are shown as they are, not smoothed into a resolution that was never there.
 */
import { queryMap, type AttentionBundle, type MapChoice } from '../attention';
import { sha256 } from '../checkpoints';
import { picture, renderPng } from './svg';

/** Side of a lit picture on the page: wide enough for the numbers of 4 × 4 patches. */
export const TILE = 108;
/** Numbers in patches are readable down to this many pixels per patch. */
const NUMBERED = 26;
/** Darkness of a patch that gets no attention. */
const DARKEST = 0.72;

/**
 * A PNG of what one query looks at, for an `imageGrid`: heads of a query, or one query in several pictures, side by side.
 * Its brightest patch is the one that this query looks at most; the numbers are percent of its attention.
 */
export async function attentionPicture(
  bundle: AttentionBundle,
  choice: MapChoice & { query: number },
): Promise<Buffer> {
  const { values } = queryMap(bundle, choice);
  const at = { x: 0, y: 0 };
  const lit = placePicture(bundle, at) + shade(bundle, values, { largest: Math.max(...values), ...at });
  const { data } = await renderPng({ width: TILE, height: TILE, content: definePicture(bundle) + lit });
  return Buffer.from(data['image/png'] as string, 'base64');
}

/** The picture's name in a drawing. */
const nameOf = ({ image }: AttentionBundle) => `picture-${sha256(image.url).slice(0, 12)}`;

/** The picture, once in a drawing for all its places. */
export const definePicture = (bundle: AttentionBundle): string =>
  `<defs><g id="${nameOf(bundle)}">${picture(bundle.image.url, 0, 0, TILE, TILE)}</g></defs>`;

export const placePicture = (bundle: AttentionBundle, { x, y }: { x: number; y: number }): string =>
  `<use href="#${nameOf(bundle)}" x="${x}" y="${y}"/>`;

/** Darkness over the picture's patches, and their attention in percent, if wanted, where there is room for it. */
export function shade(
  { grid: { rows, columns } }: AttentionBundle,
  values: Float32Array,
  { largest, x, y, numbered = true }: { largest: number; x: number; y: number; numbered?: boolean },
): string {
  const [width, height] = [TILE / columns, TILE / rows];
  const placeOf = (patch: number) => [patch % columns, Math.floor(patch / columns)];
  // Patches of one darkness are one shape.
  const shapes = new Map<string, string>();
  values.forEach((value, patch) => {
    const darkness = (DARKEST * (1 - (largest > 0 ? value / largest : 0))).toFixed(2);
    const square = `M${placeOf(patch).join(' ')}h1v1h-1z`;
    shapes.set(darkness, (shapes.get(darkness) ?? '') + square);
  });
  const dark = [...shapes].map(([darkness, path]) => `<path d="${path}" fill-opacity="${darkness}"/>`);
  const numbers = Array.from(values, (value, patch) => {
    const [column, row] = placeOf(patch);
    return number(value, x + (column + 0.5) * width, y + (row + 0.5) * height);
  });
  const hasRoom = numbered && Math.min(width, height) >= NUMBERED;
  const patches = `translate(${x} ${y}) scale(${width} ${height})`;
  return `<g transform="${patches}" shape-rendering="crispEdges">${dark.join('')}</g>${hasRoom ? numbers.join('') : ''}`;
}

/** White on a dark rim: readable on any colour. */
function number(value: number, x: number, y: number): string {
  const text = `x="${x}" y="${y + 3.5}" font-size="9.5" text-anchor="middle"`;
  const digits = String(Math.round(100 * value));
  return `<text ${text} stroke="#000000" stroke-width="2.5" stroke-linejoin="round" stroke-opacity="0.6">${digits}</text><text ${text} fill="#ffffff">${digits}</text>`;
}
