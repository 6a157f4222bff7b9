/** The two passes of a resize, compiled from resample.c, and the memory that they work in. */
import { RESAMPLE_WASM } from './bytes';

/** Addresses of the pixels of one axis: the first tap of each, how many, their weights. */
type Taps = [first: number, count: number, weights: number];

/** What resample.c exports: addresses are places in `memory`, steps are bytes. */
interface Passes {
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
  acrossExactly(
    data: number,
    out: number,
    lineStep: number,
    lines: number,
    size: number,
    outStep: number,
    ...taps: [...Taps, stride: number]
  ): void;
  downExactly(
    data: number,
    out: number,
    lineStep: number,
    width: number,
    size: number,
    ...taps: [...Taps, stride: number]
  ): void;
}

const PAGE = 65536;
/** A vector that is read or written beyond the end. */
const SLACK = 64;
/** Rows are read and written four at a time. */
export const SPARE_ROWS = 3;

/** What is used of JavaScript's own, which TypeScript declares for browsers alone. */
interface Wasm {
  Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): number };
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
}
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

const memory = new Memory({ initial: 2 });
let compiled: Passes | undefined;

/** Compiled when it is asked for first. */
export function passes(): Passes {
  if (compiled) return compiled;
  const module = new Module(Buffer.from(RESAMPLE_WASM, 'base64'));
  return (compiled = new Instance(module, { env: { memory } }).exports as Passes);
}

/**
 * Places of so many bytes, and of arrays of taps, which are written to theirs. They, and the memory as bytes, last until
 * places are asked for again; it grows as is needed.
 */
export function placesOf(sizes: readonly number[], arrays: readonly (Int32Array | Int16Array)[]) {
  // The first page is left to the compiled code.
  let end = PAGE;
  const placeOf = (size: number) => {
    const start = end;
    end += Math.ceil((size + SLACK) / 16) * 16;
    return start;
  };
  const sized = sizes.map(placeOf);
  const taps = arrays.map(({ byteLength }) => placeOf(byteLength));
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  const bytes: Uint8Array<ArrayBuffer> = new Uint8Array(memory.buffer);
  arrays.forEach(({ buffer, byteOffset, byteLength }, i) =>
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), taps[i]),
  );
  return { bytes, sized, taps };
}

/** Bytes of a row of `size` pixels that passes write: aligned, and a byte beyond the last pixel. */
export const rowBytes = (size: number): number => Math.ceil((size * 3 + 1) / 16) * 16;
