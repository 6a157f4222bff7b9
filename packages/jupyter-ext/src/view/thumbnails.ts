/** Small pictures with their heat, painted together: a page with many views holds one decoded picture for each. */
import type { Attention } from '../attention/bundle';
import { heatPixels } from '../attention/colors';
import { SMALL } from '../attention/figure';
import type { Paint } from '../attention/state';
import { pixelCanvas, putPixels } from './dom';
import { shapeOf } from './shape';

/** Enough for a tile on a fine screen. */
const WIDTH = 112;

/** @param picture drawn without, until it is decoded */
export function thumbnailPainter({ image, grid }: Attention, picture: HTMLImageElement) {
  const height = Math.max(1, Math.round(WIDTH / shapeOf(image)));
  const heat = pixelCanvas();
  const bases = new Map<boolean, HTMLCanvasElement>();

  function base(isGray: boolean): HTMLCanvasElement {
    const found = bases.get(isGray);
    if (found) return found;
    const { canvas, context } = pixelCanvas();
    [canvas.width, canvas.height] = [WIDTH, height];
    context.imageSmoothingEnabled = image.width > SMALL;
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, WIDTH, height);
    if (isGray) turnGray(context);
    bases.set(isGray, canvas);
    return canvas;
  }

  return (context: CanvasRenderingContext2D, map: Float32Array, top: number, paint: Paint): void => {
    const { canvas } = context;
    if (canvas.width !== WIDTH || canvas.height !== height) [canvas.width, canvas.height] = [WIDTH, height];
    else context.clearRect(0, 0, WIDTH, height);
    if (picture.complete && picture.naturalWidth > 0) context.drawImage(base(paint !== 'light'), 0, 0);
    putPixels(heat.context, heatPixels(map, top, paint), grid.columns);
    context.imageSmoothingEnabled = false;
    context.drawImage(heat.canvas, 0, 0, WIDTH, height);
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
