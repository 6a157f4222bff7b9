/** Files that are either whole or absent: written beside, flushed to disk, renamed into place. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Blip2Error } from '../runtime';

const HINTS: Record<string, string> = {
  ENOSPC: 'The disk is full: free some space, or choose another folder.',
  EDQUOT: 'The disk quota is used up: free some space, or choose another folder.',
  EACCES: 'No permission: choose a folder that you may write to.',
  EPERM: 'No permission: choose a folder that you may write to.',
  EROFS: 'The file system is read-only: choose another folder.',
  ENOENT: 'There is no such file or folder: check the path.',
  ENOTDIR: 'A part of the path is a file, not a folder: choose another path.',
  EISDIR: 'This is a folder where a file was expected.',
};

/** Turns a file-system error into one that says which file and what to do. */
export function fileError(cause: unknown, action: string, path: string): Blip2Error {
  if (cause instanceof Blip2Error) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  return new Blip2Error(`Cannot ${action} ${path}: ${message}`, {
    hint: code ? HINTS[code] : undefined,
    cause,
  });
}

/** Makes a renamed or created entry of a folder durable. */
export function flushFolder(dir: string): void {
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Clears up after a failure, which must not be hidden by another one. */
export function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The first error is the one to report.
  }
}

/** Makes a folder and those above it. Node's `recursive` never returns where a file system refuses (/proc). */
export function makeFolder(dir: string): void {
  if (existsSync(dir)) return;
  if (dirname(dir) !== dir) makeFolder(dirname(dir));
  try {
    mkdirSync(dir);
  } catch (error) {
    // Another process may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Writes the chunks to `path`, whole or not at all. @throws Blip2Error naming the file. */
export function writeFileAtomic(path: string, chunks: Iterable<Uint8Array | string>): void {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    makeFolder(dirname(path));
    const handle = openSync(temporary, 'w');
    try {
      for (const chunk of chunks) writeAll(handle, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, path);
    flushFolder(dirname(path));
  } catch (cause) {
    discard(temporary);
    throw fileError(cause, 'write', path);
  }
}

/** Writes all the bytes: a single write is limited to 2 GiB, and may be partial (on a disk that is nearly full). */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(handle, bytes, at, Math.min(bytes.length - at, 1 << 30));
  }
}

/**
 * Fills a folder beside `dir` with `fill`, then renames it into place; an older `dir` is replaced.
 * What `fill` throws leaves nothing behind.
 */
export function writeFolderAtomic(dir: string, fill: (temporary: string) => void): void {
  const temporary = `${dir}.tmp-${process.pid}`;
  try {
    rmSync(temporary, { recursive: true, force: true });
    makeFolder(temporary);
    fill(temporary);
    flushFolder(temporary);
    rmSync(dir, { recursive: true, force: true });
    renameSync(temporary, dir);
    flushFolder(dirname(dir));
  } catch (cause) {
    discard(temporary);
    throw fileError(cause, 'write', dir);
  }
}
