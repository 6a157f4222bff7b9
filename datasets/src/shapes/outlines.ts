/** The six shapes as signed distances (negative inside), in units of the radius; y points down. */
import { type Shape } from './names';

// Corners x, y, x, y, …; sized so that all shapes look about equally big and stay within the radius.
const TRIANGLE = [0, -0.95, 1, 0.8, -1, 0.8];
const SQUARE = [-0.84, -0.84, 0.84, -0.84, 0.84, 0.84, -0.84, 0.84];
const CROSS = [
  [-0.34, -0.98, 0.34, -0.98, 0.34, -0.34],
  [0.98, -0.34, 0.98, 0.34, 0.34, 0.34],
  [0.34, 0.98, -0.34, 0.98, -0.34, 0.34],
  [-0.98, 0.34, -0.98, -0.34, -0.34, -0.34],
].flat();
// Five points on a circle of radius 1.08 and five on one of 0.46, 36 degrees apart.
const STAR = [
  [0, -1.03, 0.2704, -0.3222, 1.0271, -0.2837, 0.4375, 0.1921],
  [0.6348, 0.9237, 0, 0.51, -0.6348, 0.9237],
  [-0.4375, 0.1921, -1.0271, -0.2837, -0.2704, -0.3222],
].flat();

/** Distance from the outline at (x, y). */
export function distanceTo(shape: Shape, x: number, y: number): number {
  switch (shape) {
    case 'circle':
      return Math.sqrt(x * x + y * y) - 0.94;
    case 'ring':
      return Math.abs(Math.sqrt(x * x + y * y) - 0.7) - 0.27;
    case 'square':
      return distanceToPolygon(SQUARE, x, y);
    case 'triangle':
      return distanceToPolygon(TRIANGLE, x, y);
    case 'cross':
      return distanceToPolygon(CROSS, x, y);
    case 'star':
      return distanceToPolygon(STAR, x, y);
  }
}

/** Distance to the nearest edge, its sign by the even-odd rule. */
function distanceToPolygon(corners: readonly number[], x: number, y: number): number {
  let nearest = Infinity;
  let inside = false;
  let px = corners[corners.length - 2];
  let py = corners[corners.length - 1];
  for (let i = 0; i < corners.length; i += 2) {
    const qx = corners[i];
    const qy = corners[i + 1];
    const ex = qx - px;
    const ey = qy - py;
    const along = ((x - px) * ex + (y - py) * ey) / (ex * ex + ey * ey);
    const t = along < 0 ? 0 : along > 1 ? 1 : along;
    const dx = x - px - t * ex;
    const dy = y - py - t * ey;
    nearest = Math.min(nearest, dx * dx + dy * dy);
    if (py > y !== qy > y && x < px + ((y - py) / ey) * ex) inside = !inside;
    px = qx;
    py = qy;
  }
  return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
}
