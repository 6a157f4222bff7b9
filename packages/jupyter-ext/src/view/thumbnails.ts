/**
 * Small pictures with their heat, and their marks, all on one canvas over the tiles that keep places for them. A canvas
 * for each would be a layer of the browser's for each, and with a few views on a page it sorts them anew whenever
 * something is pointed at; marks of the page's own would have it laid out and painted anew.
 */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { SMALL } from '../attention/figure';
import type { Paint } from '../attention/state';
import { element, pixelCanvas, putPixels } from './dom';
import { shapeOf } from './shape';
import { sheet } from './sheet';
import {
  drawMark,
  drawPlace,
  fitTile,
  lookOf,
  type FittedTile,
  type Look,
  type Mark,
  type Tile,
} from './tiles';

/** The picture's own pixels are kept at a width that is enough for a tile on a fine screen. */
const WIDTH = 112;

/** What a small picture shows; `top` is where its colours end. */
export interface Heat {
  map: Float32Array;
  top: number;
}

/** The canvas lies over `list`. What is put is seen after `redraw`; one of another size draws itself. */
export interface Thumbnails {
  element: HTMLElement;
  putHeats(heats: readonly Heat[], paint: Paint): void;
  /** One for each tile, or none at all. */
  putMarks(marks: readonly Mark[] | undefined): void;
  /** The style sheet gives a tile the colours and fonts of all whose look has this name. */
  putLook(tile: number, name: string): void;
  redraw(): void;
  /** The tiles have moved. */
  refit(): void;
  dispose(): void;
}

/** @param tiles one for each heat, within `list` */
export function thumbnails(
  { image, grid }: Attention,
  picture: HTMLImageElement,
  list: HTMLElement,
  tiles: readonly Tile[],
): Thumbnails {
  const heat = pixelCanvas();
  /** Without marks: what is below them when they change. */
  const plain = pixelCanvas();
  const bases = new Map<boolean, HTMLCanvasElement>();
  let drawn: { heats: readonly Heat[]; paint: Paint } | undefined;
  let marks: readonly Mark[] | undefined;
  let fitted: FittedTile[] = [];
  const names: string[] = tiles.map(() => '');
  /** By name: to read styles while something is pointed at would have the browser reckon them at once. */
  const looks = new Map<string, Look>();

  function base(isGray: boolean): HTMLCanvasElement {
    const found = bases.get(isGray);
    if (found) return found;
    const { canvas, context } = pixelCanvas();
    [canvas.width, canvas.height] = [WIDTH, Math.max(1, Math.round(WIDTH / shapeOf(image)))];
    context.imageSmoothingEnabled = image.width > SMALL;
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (isGray) turnGray(context);
    bases.set(isGray, canvas);
    return canvas;
  }

  function drawPlain(): void {
    if (!drawn) return;
    const { canvas, context } = plain;
    [canvas.width, canvas.height] = [paper.canvas.width, paper.canvas.height];
    const isThere = picture.complete && picture.naturalWidth > 0;
    for (const [i, { place }] of fitted.entries()) {
      const { map, top } = drawn.heats[i];
      putPixels(heat.context, heatPixels(map, top, drawn.paint), grid.columns);
      if (isThere) {
        context.imageSmoothingEnabled = image.width > SMALL;
        context.drawImage(base(drawn.paint !== 'light'), ...place);
      }
      context.imageSmoothingEnabled = false;
      context.drawImage(heat.canvas, ...place);
    }
  }

  const paper = sheet({
    fit(fine) {
      const { left, top } = list.getBoundingClientRect();
      fitted = tiles.map((tile) => fitTile(tile, left, top, fine));
      looks.clear();
      drawPlain();
    },
    draw(context, fine) {
      if (plain.canvas.width > 0) context.drawImage(plain.canvas, 0, 0);
      if (!marks) return;
      const all = tiles.map((tile, i) => {
        const look = looks.get(names[i]) ?? lookOf(tile, context, fine);
        looks.set(names[i], look);
        return look;
      });
      for (const [i, mark] of marks.entries()) drawMark(context, mark, fitted[i], all[i]);
      for (const [i, { place }] of marks.entries())
        if (place !== undefined) drawPlace(context, place, fitted[i], all[i], fine);
    },
  });
  plain.canvas.width = 0;
  if (!picture.complete) picture.addEventListener('load', paper.refit, { once: true });
  return {
    element: element('div', { class: 'blip2-Thumbnails' }, list, paper.canvas),
    putHeats(heats, paint) {
      drawn = { heats, paint };
      drawPlain();
    },
    putMarks(next) {
      marks = next;
    },
    putLook(tile, name) {
      names[tile] = name;
    },
    redraw: paper.redraw,
    refit: paper.refit,
    dispose: paper.dispose,
  };
}

/** As the style sheet's filter does with the large picture. */
function turnGray(context: CanvasRenderingContext2D): void {
  const image = context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    data[i] = data[i + 1] = data[i + 2] = 0.2126 * data[i] + 0.7152 * data[i + 1] + 0.0722 * data[i + 2];
  }
  context.putImageData(image, 0, 0);
}
