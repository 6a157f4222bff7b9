/**
 * Small pictures with their heat, all on one canvas over the places that are kept for them. A canvas for each would be a
 * layer of the browser's for each, and with a few views on a page it sorts them anew whenever something is pointed at.
 */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { SMALL } from '../attention/figure';
import type { Paint } from '../attention/state';
import { element, pixelCanvas, putPixels } from './dom';
import { shapeOf } from './shape';

/** The picture's own pixels are kept at a width that is enough for a tile on a fine screen. */
const WIDTH = 112;

/** What a small picture shows; `top` is where its colours end. */
export interface Heat {
  map: Float32Array;
  top: number;
}

/** The canvas lies over `list`; drawn anew when `draw` is called or the list has another size. */
export interface Thumbnails {
  element: HTMLElement;
  draw(heats: readonly Heat[], paint: Paint): void;
  /** The places have moved. */
  moved(): void;
  dispose(): void;
}

/** @param places one for each heat, within `list` */
export function thumbnails(
  { image, grid }: Attention,
  picture: HTMLImageElement,
  list: HTMLElement,
  places: readonly HTMLElement[],
): Thumbnails {
  const sheet = pixelCanvas({ class: 'blip2-Sheet', 'aria-hidden': 'true' });
  const heat = pixelCanvas();
  const bases = new Map<boolean, HTMLCanvasElement>();
  let drawn: { heats: readonly Heat[]; paint: Paint } | undefined;

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

  function redraw(): void {
    const { left, top, width, height } = list.getBoundingClientRect();
    if (!drawn || width === 0) return;
    const { canvas, context } = sheet;
    const fine = window.devicePixelRatio;
    [canvas.width, canvas.height] = [Math.round(width * fine), Math.round(height * fine)];
    const isThere = picture.complete && picture.naturalWidth > 0;
    for (const [i, { map, top: end }] of drawn.heats.entries()) {
      const place = places[i].getBoundingClientRect();
      const box = [place.left - left, place.top - top, place.width, place.height].map((n) =>
        Math.round(n * fine),
      ) as [number, number, number, number];
      putPixels(heat.context, heatPixels(map, end, drawn.paint), grid.columns);
      if (isThere) {
        context.imageSmoothingEnabled = image.width > SMALL;
        context.drawImage(base(drawn.paint !== 'light'), ...box);
      }
      context.imageSmoothingEnabled = false;
      context.drawImage(heat.canvas, ...box);
    }
  }

  // Tells the first size, too: nothing is drawn before there is one.
  const sizes = new ResizeObserver(redraw);
  sizes.observe(list);
  if (!picture.complete) picture.addEventListener('load', redraw, { once: true });
  return {
    element: element('div', { class: 'blip2-Thumbnails' }, list, sheet.canvas),
    draw(heats, paint) {
      drawn = { heats, paint };
      redraw();
    },
    moved: redraw,
    dispose: () => sizes.disconnect(),
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
