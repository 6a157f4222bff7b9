/**
 * Numbers in base64: float32, or uint8 with a scale for each row. They are checked when a bundle is read and decoded
 * when they are looked at, so that a large bundle opens at once and takes memory only for what is on view.
 */
import { fail } from './checks';

/** Checked, not yet decoded. */
export interface Packed {
  base64: string;
  /** How many numbers. */
  length: number;
  /** Largest value of each row, where the numbers are uint8: value = uint8 · scale / 255. */
  scale?: Float32Array;
}

/** 170 times a layer of the paper's size; as float32, 64 MB. */
const MOST = 2 ** 24;

/** Rows of a table, each of `width` numbers. */
interface Size {
  rows: number;
  width: number;
}

/** Numbers that are none below 0, with or without a scale. The length is compared before anything is decoded. */
export function packed(value: unknown, scale: unknown, name: string, { rows, width }: Size): Packed {
  const length = rows * width;
  if (length > MOST) fail(name, `expected at most ${MOST} numbers`);
  if (scale === undefined) {
    const numbers = { base64: base64(value, 4 * length, length, name), length };
    checkValues(unpack(numbers), name);
    return numbers;
  }
  return {
    base64: base64(value, length, length, name),
    length,
    scale: floats(scale, rows, `${name} (scale)`),
  };
}

/** Few float32 numbers, none below 0, decoded at once. */
export function floats(value: unknown, length: number, name: string): Float32Array {
  const values = unpack({ base64: base64(value, 4 * length, length, name), length });
  checkValues(values, name);
  return values;
}

/** The same numbers as @blip2/core's decoder. */
export function unpack({ base64, length, scale }: Packed): Float32Array {
  const bytes = decode(base64);
  if (!scale) return new Float32Array(bytes.buffer);
  const values = new Float32Array(length);
  const width = length / scale.length;
  for (let row = 0, i = 0; row < scale.length; row++) {
    for (const end = i + width; i < end; i++) values[i] = (bytes[i] * scale[row]) / 255;
  }
  return values;
}

function checkValues(values: Float32Array, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!(values[i] >= 0 && values[i] < Infinity)) fail(name, 'not all are finite numbers from 0');
  }
}

function base64(value: unknown, bytes: number, numbers: number, name: string): string {
  if (typeof value !== 'string') fail(name, 'expected numbers in base64');
  const padding = (3 - (bytes % 3)) % 3;
  if (value.length !== (4 * (bytes + padding)) / 3) fail(name, `expected ${numbers} numbers`);
  const end = value.length - padding;
  if (!isBase64(value.slice(0, end)) || value.slice(end) !== '='.repeat(padding)) fail(name, 'is not base64');
  return value;
}

/** A search for what does not belong: matching the whole would need a stack as long as the text. */
export const isBase64 = (text: string): boolean => !/[^A-Za-z0-9+/]/.test(text);

export function decode(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
