// A stamp says that a step is done, and from what: it holds a hash of everything that the step's result depends on.
// It is written when the step has ended, so a step that was interrupted has none and is done again.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { paths } from './paths.mjs';

/** Hash of texts, in order. */
export function hashOf(...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('hex').slice(0, 24);
}

/** Hash of the names and contents of files; a folder stands for all files in it. Missing ones count as absent. */
export function hashOfFiles(files) {
  const contents = (path) => [relative(paths.root, path), readFileSync(path)];
  return hashOf(...files.flatMap((file) => filesUnder(file).flatMap(contents)));
}

function filesUnder(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true, recursive: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const stampFile = (name) => join(paths.stamps, name);

export function readStamp(name) {
  try {
    return readFileSync(stampFile(name), 'utf8');
  } catch {
    return undefined;
  }
}

export const hasStamp = (name, hash) => readStamp(name) === hash;

export function writeStamp(name, hash) {
  mkdirSync(paths.stamps, { recursive: true });
  writeFileSync(`${stampFile(name)}.new`, hash);
  renameSync(`${stampFile(name)}.new`, stampFile(name));
}

/** Taken away before a step starts to change things, so that a half-done step never looks done. */
export function removeStamp(name) {
  rmSync(stampFile(name), { force: true });
}
