/**
 * A part of RGB pixels as a square, resized as PIL resizes (bicubic, a = −0.5, the kernel widened when shrinking), to one step
 * of 255: weights have 14 bits instead of 22, so that vectors compute it. For training; `resample` gives PIL's own bytes.
 */
import { cubicTaps } from './resample';
import { RESAMPLE_WASM } from './wasm/bytes';

interface Exports {
  across(
    data: number,
    out: number,
    lineStep: number,
    lines: number,
    size: number,
    outStep: number,
    mirrored: number,
    ...taps: [first: number, pairs: number, weights: number]
  ): void;
  down(
    data: number,
    out: number,
    lineStep: number,
    width: number,
    size: number,
    ...taps: [first: number, count: number, pairs: number, weights: number]
  ): void;
}

/** What the pixels of one axis are made of: as many pairs of weights each, the last ones of which may be 0. */
interface Taps {
  first: Int32Array;
  count: Int32Array;
  weights: Int16Array;
  pairs: number;
}

const BITS = 14;
const PAGE = 65536;
/** A vector that is read or written beyond the end. */
const SLACK = 64;
/** Rows are read and written four at a time. */
const SPARE_ROWS = 3;
/** Axes whose weights are kept: pictures come in few sizes, crops in a few hundred. */
const KEPT = 2048;

/** What is used of JavaScript's own, which TypeScript declares for browsers alone. */
interface Wasm {
  Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
}
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

const memory = new Memory({ initial: 2 });
let passes: Exports | undefined;
const kept = new Map<string, Taps>();

/** A part of a picture, in its own pixels. */
export interface Crop {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * @param fill writes the picture's width · height · 3 bytes to where it is told
 * @param target gets size · size · 3 bytes
 */
export function squareCrop(
  { width, height, fill }: { width: number; height: number; fill: (target: Buffer) => void },
  box: Crop,
  { size, isMirrored }: { size: number; isMirrored: boolean },
  target: Uint8Array,
): void {
  const [across, down] = [tapsOf(box.width, size), tapsOf(box.height, size)];
  // One after the other in memory, the first page left to the compiled code.
  let end = PAGE;
  const place = (bytes: number) => {
    const start = end;
    end += Math.ceil((bytes + SLACK) / 16) * 16;
    return start;
  };
  const [lineStep, rowStep] = [width * 3, Math.ceil((size * 3 + 1) / 16) * 16];
  const picture = place((height + SPARE_ROWS) * lineStep + across.pairs * 6);
  const rows = place((box.height + SPARE_ROWS) * rowStep);
  const square = place(size * size * 3);
  const places = [across, down].map(({ first, count, weights }) =>
    [first, count, weights].map(({ byteLength }) => place(byteLength)),
  );
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const bytes = new Uint8Array(memory.buffer);
  for (const [axis, taps] of [across, down].entries()) {
    for (const [i, array] of [taps.first, taps.count, taps.weights].entries()) {
      bytes.set(new Uint8Array(array.buffer), places[axis][i]);
    }
  }
  fill(Buffer.from(memory.buffer, picture, width * height * 3));
  const code = (passes ??= compiled());
  const [a, d] = places as [number, number, number][];
  const start = picture + box.top * lineStep + box.left * 3;
  code.across(start, rows, lineStep, box.height, size, rowStep, Number(isMirrored), a[0], across.pairs, a[2]);
  code.down(rows, square, rowStep, size * 3, size, d[0], d[1], down.pairs, d[2]);
  target.set(bytes.subarray(square, square + size * size * 3));
}

function compiled(): Exports {
  const module = new Module(Buffer.from(RESAMPLE_WASM, 'base64'));
  return new Instance(module, { env: { memory } }).exports as Exports;
}

function tapsOf(from: number, to: number): Taps {
  const key = `${from} ${to}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= KEPT) kept.clear();
  const { first, count, weights, stride } = cubicTaps(from, to, BITS);
  const pairs = Math.ceil(Math.max(...count) / 2);
  const padded = new Int16Array(to * pairs * 2);
  for (let i = 0; i < to; i++) padded.set(weights.subarray(i * stride, i * stride + count[i]), i * pairs * 2);
  const taps = { first, count, weights: padded, pairs };
  kept.set(key, taps);
  return taps;
}
