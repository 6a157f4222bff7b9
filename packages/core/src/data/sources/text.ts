/** Files too long for one string: piece by piece, and lines by number. */
import { closeSync, openSync, readSync } from 'node:fs';
import { fileError } from '../../checkpoints';

const CHUNK = 1 << 20;
/** Its bytes from a place on, each chunk in memory of its own. @throws Blip2Error naming a file that cannot be read */
export function* chunksOf(path: string, from = 0): Generator<Buffer> {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  try {
    for (let position = from; ;) {
      const buffer = Buffer.alloc(CHUNK);
      const count = readSync(handle, buffer, 0, CHUNK, position);
      if (count === 0) return;
      position += count;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(handle);
  }
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
