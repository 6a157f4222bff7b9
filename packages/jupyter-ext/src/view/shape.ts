/** The shape in which pictures are shown: their own, unless it is so long that it would fill the page. */
import type { Picture } from '../attention/png';

const LONGEST = 4;

/** Width by height. */
export const shapeOf = ({ width, height }: Picture): number =>
  Math.min(LONGEST, Math.max(1 / LONGEST, width / height));
