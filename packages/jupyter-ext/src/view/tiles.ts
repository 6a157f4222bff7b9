/**
 * The tile of a query: an option of a list with its number, and places for what is drawn on the canvas over it: the small
 * picture, and marks, a bar and a number that say how much the query looks at what is pointed at, and the place that this
 * gives it. Colours and fonts of the marks are those that the style sheet gives to the tile.
 */
import { element } from './dom';

/** Its elements. */
export interface Tile {
  option: HTMLElement;
  place: HTMLElement;
  bar: HTMLElement;
  label: HTMLElement;
}

/** What a tile is marked with. */
export interface Mark {
  text: string;
  /** The bar's length, 0 to 1. */
  part: number;
  /** Drawn into the picture's corner. */
  place?: number;
}

/** Left, top, width and height in the screen's pixels, from the canvas's corner. */
type Box = [left: number, top: number, width: number, height: number];

/** Where a tile's parts are on the canvas. */
export type FittedTile = Record<'place' | 'bar' | 'label', Box>;

/** As the style sheet wants it, in the screen's pixels. */
export interface Look {
  text: string;
  bar: string;
  size: number;
  family: string;
  font: string;
  /** How far the text's foot is below the middle of its line. */
  foot: number;
}

export function makeTile(name: string, query: number, shape: number): Tile {
  const place = element('span', { class: 'blip2-Thumbnail', style: `aspect-ratio: ${shape}` });
  const label = element('span', { class: 'blip2-Label' }, String(query));
  const bar = element('span', { class: 'blip2-Bar' });
  const option = element(
    'div',
    { role: 'option', class: 'blip2-Tile', 'aria-label': name, tabindex: '-1' },
    place,
    bar,
    label,
  );
  return { option, place, bar, label };
}

/** @param left of the canvas, on the page */
export function fitTile({ place, bar, label }: Tile, left: number, top: number, fine: number): FittedTile {
  const box = (of: HTMLElement): Box => {
    const rect = of.getBoundingClientRect();
    const [x, y] = [rect.left - left, rect.top - top].map((n) => Math.round(n * fine));
    return [x, y, Math.round(rect.width * fine), Math.round(rect.height * fine)];
  };
  return { place: box(place), bar: box(bar), label: box(label) };
}

/** @param context measures the font */
export function lookOf({ bar, label }: Tile, context: CanvasRenderingContext2D, fine: number): Look {
  const { color, fontWeight, fontSize, fontFamily: family } = getComputedStyle(label);
  const size = fine * Number.parseFloat(fontSize);
  const font = `${fontWeight} ${size}px ${family}`;
  context.font = font;
  const { fontBoundingBoxAscent: above, fontBoundingBoxDescent: below } = context.measureText('0');
  return { text: color, bar: getComputedStyle(bar).color, size, family, font, foot: (above - below) / 2 };
}

/** The bar and the number. */
export function drawMark(
  context: CanvasRenderingContext2D,
  { text, part }: Mark,
  { bar: [left, top, width, height], label }: FittedTile,
  look: Look,
): void {
  context.fillStyle = look.bar;
  context.fillRect(left, top, Math.round(width * part), height);
  context.font = look.font;
  context.textAlign = 'right';
  context.fillStyle = look.text;
  context.fillText(text, label[0] + label[2], label[1] + Math.floor(label[3] / 2 + look.foot));
}

/** In the picture's corner. */
export function drawPlace(
  context: CanvasRenderingContext2D,
  place: number,
  { place: [left, top] }: FittedTile,
  { size, family, foot }: Look,
  fine: number,
): void {
  const side = Math.round(1.3 * size);
  context.fillStyle = '#000000';
  context.beginPath();
  context.roundRect(left, top, side, side, [0, 0, 3 * fine, 0]);
  context.fill();
  context.font = `600 ${size}px ${family}`;
  context.textAlign = 'center';
  context.fillStyle = '#ffffff';
  context.fillText(String(place), left + side / 2, top + Math.round(side / 2 + foot));
}
