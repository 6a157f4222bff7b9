/** What pictures are painted like. A style changes the look alone: what a scene shows stays the same. */
import { type Color } from './names';

/** Red, green, blue, 0 to 255. */
export type Rgb = [red: number, green: number, blue: number];
type Range = readonly [low: number, high: number];

/**
 * - `solid`: full objects with a soft shadow, on a grating;
 * - `hatched`: striped objects of other tints, without a shadow, on a soft chequerboard of warm paper: other pictures of
 *   the same things, for a model that was trained on the first.
 */
export const STYLE_NAMES = ['solid', 'hatched'] as const;
/** How pictures are drawn. */
export type StyleName = (typeof STYLE_NAMES)[number];

export interface Style {
  palette: Record<Color, Rgb>;
  background: {
    grey: Range;
    /** Added to the grey. */
    cast: Rgb;
    /** Of the pattern's two tones. */
    contrast: Range;
    noise: Range;
    /** Two crossed gratings in place of one. */
    crossed: boolean;
  };
  shadow: boolean;
  /** Brightness of every other stripe of an object; 1: no stripes. */
  stripe: number;
}

export const STYLES: Record<StyleName, Style> = {
  solid: {
    palette: {
      red: [222, 48, 44],
      green: [46, 168, 70],
      blue: [44, 96, 226],
      yellow: [250, 214, 40],
      purple: [142, 58, 186],
      orange: [245, 134, 28],
      cyan: [52, 206, 214],
      pink: [250, 150, 196],
    },
    background: { grey: [96, 200], cast: [0, 0, 0], contrast: [5, 16], noise: [8, 20], crossed: false },
    shadow: true,
    stripe: 1,
  },
  hatched: {
    palette: {
      red: [190, 30, 62],
      green: [88, 172, 48],
      blue: [30, 74, 190],
      yellow: [236, 226, 84],
      purple: [116, 44, 160],
      orange: [226, 112, 40],
      cyan: [84, 222, 206],
      pink: [236, 132, 206],
    },
    background: { grey: [110, 210], cast: [12, 4, -12], contrast: [18, 36], noise: [2, 8], crossed: true },
    shadow: false,
    stripe: 0.72,
  },
};
