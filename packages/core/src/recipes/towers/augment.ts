/**
 * Pictures as a tower sees them in training: turned, moved, larger or smaller, brighter or darker, a little each time. Not
 * mirrored: what points left must go on doing so. Where there are few pictures this is what keeps a tower from learning
 * them by heart. B batch, S image side.
 */
import { hashInts } from '../../data';

/** Largest changes. */
const TURN = Math.PI / 12;
const MOVE = 0.08;
const SCALE = 0.2;
const LIGHT = 0.15;

/**
 * Pictures changed by draws from (seed, step, row): [B, S, S, 3] bytes in, and out. What comes in from outside has the
 * colour of the nearest pixel of the border.
 */
export function augment(
  pixels: Uint8Array,
  side: number,
  coordinates: { seed: number; step: number },
): Uint8Array {
  const size = side * side * 3;
  const out = new Uint8Array(pixels.length);
  for (let row = 0; row * size < pixels.length; row++) {
    const picture = pixels.subarray(row * size, (row + 1) * size);
    changed(
      picture,
      side,
      drawer(coordinates.seed, coordinates.step, row),
      out.subarray(row * size, (row + 1) * size),
    );
  }
  return out;
}

/** Numbers in [−1, 1), one after the other. */
function drawer(...coordinates: number[]): () => number {
  let count = 0;
  return () => hashInts(STREAM, ...coordinates, count++) / 2 ** 31 - 1;
}

const STREAM = 3;

function changed(picture: Uint8Array, side: number, draw: () => number, out: Uint8Array): void {
  const angle = TURN * draw();
  const scale = 1 / (1 + SCALE * draw());
  const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  const middle = (side - 1) / 2;
  const [moveX, moveY] = [MOVE * side * draw(), MOVE * side * draw()];
  const light = 1 + LIGHT * draw();
  const gains = [0, 1, 2].map(() => light * (1 + (LIGHT / 2) * draw()));
  const clamp = (value: number) => Math.min(Math.max(value, 0), side - 1);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [x - middle, y - middle];
      const fromX = clamp(middle + moveX + cos * dx - sin * dy);
      const fromY = clamp(middle + moveY + sin * dx + cos * dy);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [right, bottom] = [Math.min(left + 1, side - 1), Math.min(top + 1, side - 1)];
      const [u, v] = [fromX - left, fromY - top];
      for (let c = 0; c < 3; c++) {
        const at = (px: number, py: number) => picture[(py * side + px) * 3 + c];
        const upper = at(left, top) * (1 - u) + at(right, top) * u;
        const lower = at(left, bottom) * (1 - u) + at(right, bottom) * u;
        out[(y * side + x) * 3 + c] = Math.min(255, (upper * (1 - v) + lower * v) * gains[c]);
      }
    }
  }
}
