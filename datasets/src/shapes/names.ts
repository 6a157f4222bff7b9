/** The colors and shapes that there are; a world uses the first so many of each. */

export const COLORS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange', 'cyan', 'pink'] as const;
/** All shapes; a world has the first so many. */
export const SHAPES = ['circle', 'square', 'triangle', 'cross', 'ring', 'star'] as const;
/** A name of a color. */
export type Color = (typeof COLORS)[number];
/** A name of a shape. */
export type Shape = (typeof SHAPES)[number];
