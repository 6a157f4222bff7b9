/** Bundles and sets on disk: one file, or a folder with a file per picture, which a viewer fetches when it is looked at. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { readJsonObject, writeFileAtomic, writeFolderAtomic } from '../checkpoints';
import { ATTENTION_SET_FORMAT, type AttentionBundle, type AttentionItem, type AttentionSet } from './format';
import { isSet, quantised } from './quantised';
import { readAttention, readAttentionBundle } from './read';

/** Names of files end so; JupyterLab opens them in the explorer. */
export const ATTENTION_ENDING = '.attention.json';
/** The set of a folder. */
export const ATTENTION_INDEX = `index${ATTENTION_ENDING}`;

const fileContent = (record: AttentionBundle | AttentionSet) => `${JSON.stringify(record)}\n`;

/** Writes a bundle or a set into one file, whole or not at all. @throws Blip2Error naming the file */
export function writeAttentionFile(path: string, record: AttentionBundle | AttentionSet): void {
  writeFileAtomic(path, [fileContent(record)]);
}

/**
 * Writes a folder with a quantised file for each picture and an index; all of it or nothing. An older folder of the kind is
 * replaced.
 *
 * @param items may be made one by one: only one is in memory then
 * @returns the index: a set that names the files
 * @throws Blip2Error naming the folder, if it holds something else or cannot be written
 */
export function writeAttentionFolder(
  dir: string,
  items: Iterable<{ name: string; bundle: AttentionBundle }>,
  title?: string,
): AttentionSet {
  if (existsSync(dir)) checkReplaceable(dir);
  const named: AttentionItem[] = [];
  const set: AttentionSet = {
    format: ATTENTION_SET_FORMAT,
    ...(title !== undefined && { title }),
    items: named,
  };
  writeFolderAtomic(dir, (temporary) => {
    for (const { name, bundle } of items) {
      const file = `${String(named.length).padStart(3, '0')}${ATTENTION_ENDING}`;
      writeFileSync(join(temporary, file), fileContent(quantised(bundle)));
      named.push({ name, file });
    }
    writeFileSync(join(temporary, ATTENTION_INDEX), fileContent(set));
  });
  return set;
}

/** Replacing a folder removes what is in it. */
function checkReplaceable(dir: string): void {
  const isOurs =
    statSync(dir).isDirectory() && readdirSync(dir).every((name) => name.endsWith(ATTENTION_ENDING));
  if (isOurs) return;
  throw new Blip2Error(`${dir} holds other things than attention`, {
    hint: 'Give a folder that does not exist yet.',
  });
}

/**
 * A bundle or a set from a file, or the set of a folder, whose `dir` is that folder then.
 * @throws Blip2Error naming the file and the key at fault
 */
export function readAttentionFile(path: string): AttentionBundle | AttentionSet {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const file = isFolder ? join(path, ATTENTION_INDEX) : path;
  const record = readAttention(readJsonObject(file), file);
  return isFolder && isSet(record) ? { ...record, dir: path } : record;
}

/** The bundle of a set's item, read from its file where it is not in the set. @throws Blip2Error naming the file */
export function bundleOf({ dir = '.' }: AttentionSet, { bundle, file }: AttentionItem): AttentionBundle {
  if (bundle) return bundle;
  const path = join(dir, file!);
  return readAttentionBundle(readJsonObject(path), path);
}

/** The same set with all its bundles in it. */
export function withBundles(set: AttentionSet): AttentionSet {
  const { dir: _, items, ...rest } = set;
  return { ...rest, items: items.map((item) => ({ name: item.name, bundle: bundleOf(set, item) })) };
}
