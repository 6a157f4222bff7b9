/** Colours for probabilities: pixels of a layer that is laid over the picture. */
import type { Choice } from './choice';

export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];

/**
 * Matplotlib's viridis at eleven places: lightness grows evenly, and it reads the same with any kind of colour vision.
 * From https://github.com/BIDS/colormap (CC0).
 */
const VIRIDIS = [
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
] as const;

/** Of the heat over the picture. */
const HEAT_OPACITY = 0.72;
/** Of the darkness over a patch that gets no attention. */
const DARKEST = 0.78;

/** The colour that is laid over a patch. @param t its probability as a part of the scale, 0 to 1 */
export function colorOf(t: number, paint: Choice['paint']): Rgba {
  const part = Math.min(1, Math.max(0, t));
  if (paint === 'light') return [0, 0, 0, Math.round(255 * DARKEST * (1 - part))];
  const place = part * (VIRIDIS.length - 1);
  const below = Math.min(VIRIDIS.length - 2, Math.floor(place));
  const mix = (channel: 0 | 1 | 2) => {
    const [from, to] = [VIRIDIS[below][channel], VIRIDIS[below + 1][channel]];
    return Math.round(from + (to - from) * (place - below));
  };
  return [mix(0), mix(1), mix(2), Math.round(255 * HEAT_OPACITY)];
}

/** One pixel per patch, row by row: [4 P]. @param top the probability at the scale's upper end */
export function heatPixels(
  map: Float32Array,
  top: number,
  paint: Choice['paint'],
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * map.length);
  for (const [i, value] of map.entries()) pixels.set(colorOf(top > 0 ? value / top : 0, paint), 4 * i);
  return pixels;
}
