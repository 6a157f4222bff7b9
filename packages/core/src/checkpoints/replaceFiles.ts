/**
 * Several files of a folder replaced at once. The new ones are written into a folder of their own inside it; renaming
 * that folder to `.replacing` is the moment from which they count. Then they are moved to their places, and whoever
 * reads meanwhile, or after a kill, finds them through `fileIn`.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { discard, fileError, flushFolder, makeFolder, writeFileAtomic } from './files';
import { readJsonObject } from './json';

const PENDING = '.replacing';
/** Lists all files of the replacement, as long as one of them may not have been moved. */
const MANIFEST = 'files.json';

/** The files that replace those of `dir`, where a replacement is under way. */
function pending(dir: string): Set<string> | undefined {
  const path = join(dir, PENDING, MANIFEST);
  if (!existsSync(path)) return undefined;
  const { files } = readJsonObject(path);
  if (Array.isArray(files)) return new Set(files.map(String));
  throw new Blip2Error(`${path} lists no files`, {
    hint: `Nothing but saving writes it: remove ${dir}/${PENDING}.`,
  });
}

/** What changes when a file for which `belongs` holds is written to, replaced or moved to its place. */
export function stateOf(dir: string, belongs: (name: string) => boolean): string {
  try {
    const names = readdirSync(dir).filter((name) => name === PENDING || belongs(name));
    const states = names.sort().map((name) => {
      const { ino, size, mtimeMs } = statSync(join(dir, name));
      return [name, ino, size, mtimeMs];
    });
    return JSON.stringify(states);
  } catch (cause) {
    throw fileError(cause, 'read', dir);
  }
}

/**
 * Where a file of the folder lies, if there is one.
 * @param belongs whether a name is one of those that are replaced together: old ones do not count then
 */
export function fileIn(dir: string, name: string, belongs: (name: string) => boolean): string | undefined {
  const replacement = pending(dir);
  if (replacement && !replacement.has(name) && belongs(name)) return undefined;
  const places = replacement ? [join(dir, PENDING, name), join(dir, name)] : [join(dir, name)];
  return places.find((path) => existsSync(path));
}

/**
 * Puts what `fill` writes in place of the files for which `belongs` holds; a kill at any moment leaves all of the old
 * or all of the new.
 * @throws Blip2Error naming the folder; the old files are untouched then
 */
export function replaceFiles(
  dir: string,
  belongs: (name: string) => boolean,
  fill: (staging: string) => void,
): void {
  const staging = join(dir, `${PENDING}-${process.pid}`);
  try {
    makeFolder(dir);
    finish(dir, belongs);
    removeAbandoned(dir);
    mkdirSync(staging);
    fill(staging);
    writeFileAtomic(join(staging, MANIFEST), [JSON.stringify({ files: readdirSync(staging) })]);
    renameSync(staging, join(dir, PENDING));
    flushFolder(dir);
    finish(dir, belongs);
  } catch (cause) {
    discard(staging);
    throw fileError(cause, 'write', dir);
  }
}

/** Moves the files of a replacement that counts to their places, from wherever it was left. */
function finish(dir: string, belongs: (name: string) => boolean): void {
  const replacement = pending(dir);
  const folder = join(dir, PENDING);
  if (replacement) {
    const stale = readdirSync(dir).filter((name) => belongs(name) && !replacement.has(name));
    for (const name of stale) rmSync(join(dir, name));
    const moved = readdirSync(folder).filter((name) => name !== MANIFEST);
    for (const name of moved) renameSync(join(folder, name), join(dir, name));
    flushFolder(dir);
    rmSync(join(folder, MANIFEST));
  }
  if (existsSync(folder)) rmdirSync(folder);
}

/** Removes what killed processes, and this one, had not finished writing. */
function removeAbandoned(dir: string): void {
  for (const name of readdirSync(dir)) {
    const pid = /^\.replacing-(\d+)$/.exec(name)?.[1];
    if (pid && !isOther(Number(pid))) rmSync(join(dir, name), { recursive: true });
  }
}

/** Another process that lives. */
function isOther(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
