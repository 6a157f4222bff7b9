/** The folder of cached features: kept below a size, those used longest ago go first. */
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';

const GIGABYTE = 1e9;
const DEFAULT_GIGABYTES = 32;
const VARIABLE = 'BLIP2_CACHE_GB';

/** Bytes that cached features may take: $BLIP2_CACHE_GB gigabytes, or 32. @throws Blip2Error if that is no number */
export function cacheLimit(gigabytes: string | undefined = process.env[VARIABLE]): number {
  const value = gigabytes ? Number(gigabytes) : DEFAULT_GIGABYTES;
  if (value > 0) return value * GIGABYTE;
  throw new Blip2Error(`${VARIABLE} is "${gigabytes}"`, { hint: 'Give gigabytes: 100.', exitCode: 2 });
}

/** A file was used now. */
export const touch = (path: string): void => utimesSync(path, new Date(), new Date());

/** Cached files, those used longest ago first. */
function filesOf(dir: string): { path: string; bytes: number; used: number }[] {
  if (!existsSync(dir)) return [];
  const paths = readdirSync(dir).filter((name) => name.endsWith('.safetensors'));
  return paths
    .map((name) => join(dir, name))
    .map((path) => ({ path, bytes: statSync(path).size, used: statSync(path).mtimeMs }))
    .sort((a, b) => a.used - b.used);
}

/**
 * Removes what was used longest ago until `bytes` more fit.
 * @returns the files that are gone
 * @throws Blip2Error if they never will
 */
export function makeRoom(dir: string, bytes: number, limit: number): string[] {
  if (bytes > limit) {
    const [needed, allowed] = [bytes, limit].map((size) => (size / GIGABYTE).toPrecision(3));
    throw new Blip2Error(
      `Features of these pictures take ${needed} GB, more than the ${allowed} GB kept in ${dir}`,
      {
        hint: `Read the pictures as they are needed (docs/pretraining.md), take fewer, or allow more: ${VARIABLE}=${Math.ceil(bytes / GIGABYTE)}. They are held in memory, too.`,
      },
    );
  }
  const files = filesOf(dir);
  let held = files.reduce((sum, file) => sum + file.bytes, 0);
  const gone: string[] = [];
  for (const file of files) {
    if (held + bytes <= limit) break;
    rmSync(file.path, { force: true });
    held -= file.bytes;
    gone.push(file.path);
  }
  return gone;
}
