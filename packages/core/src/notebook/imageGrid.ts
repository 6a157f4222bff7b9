/** Pictures side by side with captions. */
import { encodePng, type ImageSource } from '../image';
import { RIGHT } from './palette';
import { INK, label, picture, renderPng, wrap, type Drawing } from './svg';
import type { View } from './view';

/** A picture with what is said of it. */
export interface Tile {
  image: ImageSource;
  /** Below the picture; broken into lines where it is long. */
  caption?: string;
  /** Framed: the one that was looked for. */
  right?: boolean;
}

/** Pictures side by side, with a title. */
export interface ImageRow {
  /** What the pictures of the row have in common, such as a query; above them. */
  title?: string;
  tiles: readonly Tile[];
}

export interface ImageGridOptions {
  /** Tiles per line; as many as fit unless given. */
  columns?: number;
  /** Width of a picture on the page, in pixels. */
  tile?: number;
}

/** As wide as a notebook's page. */
const WIDTH = 760;
const GAP = 12;
const CAPTION = { size: 11, line: 14 };
const TITLE = 26;

/** Tiles, or rows of tiles with titles. */
export function imageGrid(
  content: readonly Tile[] | readonly ImageRow[],
  options: ImageGridOptions = {},
): View {
  const { tile = 112 } = options;
  const columns = options.columns ?? Math.floor((WIDTH + GAP) / (tile + GAP));
  const rows = isRows(content) ? content : [{ tiles: content }];
  const lines = rows.flatMap((row) => linesOf(row, columns));
  return {
    async render() {
      const png = await renderPng(await drawGrid(lines, tile));
      return { ...png, data: { ...png.data, 'text/plain': describe(lines) } };
    },
  };
}

const isRows = (content: readonly Tile[] | readonly ImageRow[]): content is readonly ImageRow[] =>
  content.every((item) => 'tiles' in item);

/** A row that is too long is continued in the next line. */
function linesOf({ title, tiles }: ImageRow, columns: number): ImageRow[] {
  const starts = Array.from({ length: Math.ceil(tiles.length / columns) }, (_, i) => i * columns);
  return starts.map((start) => ({
    title: start === 0 ? title : undefined,
    tiles: tiles.slice(start, start + columns),
  }));
}

function describe(lines: readonly ImageRow[]): string {
  const text = ({ caption = 'picture', right }: Tile) => caption + (right ? ' ✓' : '');
  return lines
    .map(({ title, tiles }) => (title ? `${title}: ` : '') + tiles.map(text).join(' | '))
    .join('\n');
}

async function drawGrid(lines: readonly ImageRow[], tile: number): Promise<Drawing> {
  const parts: string[] = [];
  let y = GAP / 2;
  for (const { title, tiles } of lines) {
    if (title !== undefined) {
      parts.push(label(title, GAP / 2, y + TITLE - 10, { size: 13, bold: true }));
      y += TITLE;
    }
    const captions = tiles.map(({ caption }) => (caption ? wrap(caption, tile, CAPTION.size) : []));
    for (const [i, one] of tiles.entries()) {
      parts.push(await drawTile(one, captions[i], GAP / 2 + i * (tile + GAP), y, tile));
    }
    y += tile + Math.max(...captions.map((caption) => caption.length)) * CAPTION.line + GAP + 6;
  }
  const widest = Math.max(...lines.map(({ tiles }) => tiles.length));
  const width = widest * (tile + GAP);
  return { width, height: Math.ceil(y), content: parts.join('') };
}

async function drawTile(
  { image, right }: Tile,
  caption: readonly string[],
  x: number,
  y: number,
  side: number,
): Promise<string> {
  const { png } = await encodePng(image);
  const border = right
    ? `<rect x="${x - 1}" y="${y - 1}" width="${side + 2}" height="${side + 2}" fill="none" stroke="${RIGHT}" stroke-width="4" rx="2"/>`
    : '';
  const text = caption.map((line, i) =>
    label(line, x + side / 2, y + side + 4 + (i + 1) * CAPTION.line, {
      size: CAPTION.size,
      color: INK.text,
      anchor: 'middle',
    }),
  );
  return (
    picture(`data:image/png;base64,${png.toString('base64')}`, x, y, side, side) + border + text.join('')
  );
}
