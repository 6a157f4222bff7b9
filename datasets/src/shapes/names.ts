/** The colors and shapes that there are; a world uses the first so many of each. */

export const COLORS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange', 'cyan', 'pink'] as const;
export const SHAPES = ['circle', 'square', 'triangle', 'cross', 'ring', 'star'] as const;
export type Color = (typeof COLORS)[number];
export type Shape = (typeof SHAPES)[number];
