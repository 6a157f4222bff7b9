/** Rows of numbers on disk, all of one length, written one after the other: features of images, similarities. */
import { closeSync, existsSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { fileError } from '../../checkpoints';

/** float32, in the machine's own byte order: no file to hand on. */
export class NumberFile {
  private readonly handle: number;

  /** @param width numbers of a row @param rows to be kept of what is there */
  constructor(
    private readonly path: string,
    private readonly width: number,
    rows: number,
  ) {
    try {
      this.handle = openSync(path, existsSync(path) ? 'r+' : 'w+');
      ftruncateSync(this.handle, Math.min(statSync(path).size, rows * this.rowBytes));
    } catch (cause) {
      throw fileError(cause, 'write', path);
    }
  }

  /** Whole rows that are there. */
  get rows(): number {
    return Math.floor(statSync(this.path).size / this.rowBytes);
  }

  /** Writes whole rows from one on. */
  write(row: number, values: Float32Array): void {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(
          this.handle,
          bytes,
          at,
          Math.min(bytes.length - at, 1 << 30),
          row * this.rowBytes + at,
        );
      }
    } catch (cause) {
      throw fileError(cause, 'write', this.path);
    }
  }

  read(row: number, rows = 1): Float32Array {
    const values = new Float32Array(rows * this.width);
    const bytes = Buffer.from(values.buffer);
    for (let at = 0; at < bytes.length;) {
      const count = readSync(
        this.handle,
        bytes,
        at,
        Math.min(bytes.length - at, 1 << 30),
        row * this.rowBytes + at,
      );
      if (count === 0) throw fileError(new Error('it ends too early'), 'read', this.path);
      at += count;
    }
    return values;
  }

  close(): void {
    closeSync(this.handle);
  }

  private get rowBytes(): number {
    return this.width * 4;
  }
}
