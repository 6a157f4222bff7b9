/**
 * A picture as a query sees it: lit where its attention is and dark elsewhere, so that the picture keeps its colours.
 * Patches are shown as they are, not smoothed into a resolution that was never there.
 */
import { queryMap, type AttentionBundle, type MapChoice } from '../attention';
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
  const content = litPicture(bundle, values, { largest: Math.max(...values), x: 0, y: 0 });
  const { data } = await renderPng({ width: TILE, height: TILE, content });
  return Buffer.from(data['image/png'] as string, 'base64');
}

/** The picture with darkness over its patches, and their attention in percent, if wanted, where there is room for it. */
export function litPicture(
  { image, grid: { rows, columns } }: AttentionBundle,
  values: Float32Array,
  { largest, x, y, numbered = true }: { largest: number; x: number; y: number; numbered?: boolean },
): string {
  const [width, height] = [TILE / columns, TILE / rows];
  const cells = Array.from(values, (value, patch) => {
    const [left, upper] = [x + (patch % columns) * width, y + Math.floor(patch / columns) * height];
    const darkness = (DARKEST * (1 - (largest > 0 ? value / largest : 0))).toFixed(3);
    const cell = `<rect x="${left}" y="${upper}" width="${width}" height="${height}" fill="#000000" fill-opacity="${darkness}"/>`;
    return !numbered || Math.min(width, height) < NUMBERED
      ? cell
      : cell + number(value, left + width / 2, upper + height / 2);
  });
  return picture(image.url, x, y, TILE, TILE) + cells.join('');
}

/** White on a dark rim: readable on any colour. */
function number(value: number, x: number, y: number): string {
  const text = `x="${x}" y="${y + 3.5}" font-size="9.5" text-anchor="middle"`;
  const digits = String(Math.round(100 * value));
  return `<text ${text} stroke="#000000" stroke-width="2.5" stroke-linejoin="round" stroke-opacity="0.6">${digits}</text><text ${text} fill="#ffffff">${digits}</text>`;
}
