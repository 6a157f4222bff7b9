/** Colours for values: pixels of a layer that is laid over the picture. */
import type { Paint } from './state';

/** Red, green, blue and opacity, 0 to 255. */
export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/**
 * Matplotlib's maps at even places: lightness grows evenly, and they read the same with any kind of colour vision.
 * Viridis from https://github.com/BIDS/colormap (CC0), cividis from Nuñez, Anderton and Renslow (2018, CC0).
 */
const MAPS = {
  viridis: [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
    [253, 231, 37],
  ],
  cividis: [
    [0, 34, 78],
    [18, 53, 112],
    [59, 73, 108],
    [87, 93, 109],
    [112, 113, 115],
    [138, 134, 120],
    [165, 156, 116],
    [195, 179, 105],
    [225, 204, 85],
    [254, 232, 56],
  ],
};

/** Of the heat over the picture. */
const HEAT_OPACITY = 0.72;
/** Of the darkness over a patch that gets no attention. */
const DARKEST = 0.78;

/** The colour that is laid over a patch. @param t its value as a part of the scale, 0 to 1 */
export function colorOf(t: number, paint: Paint): Rgba {
  const part = Math.min(1, Math.max(0, t));
  if (paint === 'light') return [0, 0, 0, Math.round(255 * DARKEST * (1 - part))];
  const map = MAPS[paint];
  const place = part * (map.length - 1);
  const below = Math.min(map.length - 2, Math.floor(place));
  const mix = (channel: number) => {
    const [from, to] = [map[below][channel], map[below + 1][channel]];
    return Math.round(from + (to - from) * (place - below));
  };
  return [mix(0), mix(1), mix(2), Math.round(255 * HEAT_OPACITY)];
}

/** All of them, from the scale's lower end to the upper, for a style sheet. */
export function gradientOf(paint: Paint): string {
  const steps = paint === 'light' ? 1 : MAPS[paint].length - 1;
  const stops = Array.from({ length: steps + 1 }, (_, step) => {
    const [red, green, blue, alpha] = colorOf(step / steps, paint);
    return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}

/** One pixel per patch, row by row: [4 P]. @param top the value at the scale's upper end */
export function heatPixels(map: Float32Array, top: number, paint: Paint): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * map.length);
  for (let i = 0; i < map.length; i++) pixels.set(colorOf(top > 0 ? map[i] / top : 0, paint), 4 * i);
  return pixels;
}
