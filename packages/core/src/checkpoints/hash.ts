/** Hashes that name artefacts: the same content or the same description gives the same name everywhere. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { fileError } from './files';

/** JSON with sorted keys and no spaces; `undefined` fields are left out, functions are an error. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (typeof item === 'function') throw new TypeError(`canonicalJson: ${key} is a function`);
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** Hexadecimal SHA-256 of text or bytes. */
export function sha256(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Hexadecimal SHA-256 of a file, read in pieces. @throws Blip2Error naming the file. */
export function sha256File(path: string): string {
  try {
    const hash = createHash('sha256');
    const handle = openSync(path, 'r');
    const piece = Buffer.alloc(1 << 20);
    try {
      for (let count; (count = readSync(handle, piece, 0, piece.length, null)) > 0;) {
        hash.update(piece.subarray(0, count));
      }
    } finally {
      closeSync(handle);
    }
    return hash.digest('hex');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
}
