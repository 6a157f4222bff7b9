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

/** Written out without small objects: a step changes some hundred thousand pixels. */
function changed(picture: Uint8Array, side: number, draw: () => number, out: Uint8Array): void {
  const angle = TURN * draw();
  const scale = 1 / (1 + SCALE * draw());
  const cos = Math.cos(angle) * scale;
  const sin = Math.sin(angle) * scale;
  const last = side - 1;
  const middleX = last / 2 + MOVE * side * draw();
  const middleY = last / 2 + MOVE * side * draw();
  const light = 1 + LIGHT * draw();
  const gains = Float64Array.of(draw(), draw(), draw()).map((value) => light * (1 + (LIGHT / 2) * value));
  for (let y = 0, to = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dx = x - last / 2;
      const dy = y - last / 2;
      const fromX = Math.min(Math.max(middleX + cos * dx - sin * dy, 0), last);
      const fromY = Math.min(Math.max(middleY + sin * dx + cos * dy, 0), last);
      const left = Math.floor(fromX);
      const top = Math.floor(fromY);
      const u = fromX - left;
      const v = fromY - top;
      const right = left < last ? 3 : 0; // bytes to the next pixel
      const below = top < last ? 3 * side : 0;
      const start = (top * side + left) * 3;
      for (let at = start; at < start + 3; at++) {
        const upper = picture[at] * (1 - u) + picture[at + right] * u;
        const lower = picture[at + below] * (1 - u) + picture[at + below + right] * u;
        out[to++] = Math.min(255, (upper * (1 - v) + lower * v) * gains[at - start]);
      }
    }
  }
}
