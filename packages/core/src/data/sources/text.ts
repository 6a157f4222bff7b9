/** Lists too long for one string: JSON element by element, lines by number. */
import { closeSync, openSync, readSync } from 'node:fs';
import { fileError } from '../../checkpoints';
import type { FaultList } from './faults';

const CHUNK = 1 << 20;
const [QUOTE, BACKSLASH, COMMA, COLON] = Buffer.from('"\\,:');
const OPENING = new Set(Buffer.from('[{'));
const CLOSING = new Set(Buffer.from(']}'));
const SPACE = new Set(Buffer.from(' \t\r\n'));

function* chunksOf(path: string): Generator<Buffer> {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  try {
    for (let buffer = Buffer.alloc(CHUNK), count; (count = readSync(handle, buffer, 0, CHUNK, null)) > 0;) {
      yield buffer.subarray(0, count);
      buffer = Buffer.alloc(CHUNK);
    }
  } finally {
    closeSync(handle);
  }
}

/** Elements of such a list, as `jsonEntries`. */
export function* jsonElements(path: string, faults: FaultList, key?: string): Generator<unknown> {
  for (const { value } of jsonEntries(path, faults, key)) yield value;
}

/** An element of a list, and which of them, from 0 on. */
interface Entry {
  number: number;
  value: unknown;
}

/**
 * Entries of the list that a file is, or that its object has under `key`. One that is not JSON is a fault, and so is an
 * end before the list's own.
 */
export function* jsonEntries(path: string, faults: FaultList, key?: string): Generator<Entry> {
  const level = key === undefined ? 1 : 2;
  let isOpen = key === undefined; // the list that is wanted is being read
  let depth = 0;
  let isText = false;
  let isEscaped = false;
  let pieces: Buffer[] = [];
  let count = 0;
  for (const chunk of chunksOf(path)) {
    let from = 0;
    const collected = (end: number) => Buffer.concat([...pieces, chunk.subarray(from, end)]);
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i];
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isText = false;
        continue;
      }
      const isClosing = CLOSING.has(byte);
      if (byte === QUOTE) isText = true;
      else if (OPENING.has(byte)) {
        if (++depth <= level) [pieces, from] = [[], i + 1];
      } else if (byte === COLON && depth === 1 && key !== undefined) {
        isOpen = collected(i).toString().trim() === JSON.stringify(key);
      } else if (isClosing || byte === COMMA) {
        if (depth === level && isOpen) {
          yield* parsed(collected(i), { path, number: count++ }, faults);
          if (isClosing) return;
        }
        if (isClosing) depth--;
        if (depth < level || (depth === level && !isClosing)) [pieces, from] = [[], i + 1];
      }
    }
    pieces.push(chunk.subarray(from));
  }
  if (depth > 0) faults.add('the file is cut short', path);
}

function* parsed(
  bytes: Buffer,
  { path, number }: { path: string; number: number },
  faults: FaultList,
): Generator<Entry> {
  if (bytes.every((byte) => SPACE.has(byte))) return;
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    faults.add('not JSON', `${path} entry ${number}`);
    return;
  }
  yield { number, value };
}

/** Lines of a file by number; in memory, where each begins. */
export class LineFile {
  readonly count: number;
  private readonly handle: number;
  private readonly starts: Float64Array;

  /** @throws Blip2Error naming a file that cannot be read */
  constructor(path: string) {
    const starts: number[] = [0];
    let position = 0;
    for (const chunk of chunksOf(path)) {
      for (let i = chunk.indexOf(10); i >= 0; i = chunk.indexOf(10, i + 1)) starts.push(position + i + 1);
      position += chunk.length;
    }
    if (starts.at(-1) !== position) starts.push(position);
    this.starts = Float64Array.from(starts);
    this.count = starts.length - 1;
    this.handle = openSync(path, 'r');
  }

  /** Without its end. */
  line(number: number): string {
    const [start, end] = this.starts.subarray(number, number + 2);
    const bytes = Buffer.alloc(end - start);
    readSync(this.handle, bytes, 0, bytes.length, start);
    return bytes.toString('utf8').replace(/\r?\n$/, '');
  }

  close(): void {
    closeSync(this.handle);
  }
}
