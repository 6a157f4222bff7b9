/**
 * CC3M, CC12M and SBU: lists of addresses with captions, and what could be fetched of the pictures. The picture of row n
 * is the file whose name begins with the number n, anywhere in the folder of pictures.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { annotatedPictures, firstFile, isJsonList, picturesDir } from './annotated';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { jsonEntries } from './jsonEntries';
import { LineFile } from './text';

/** The sets, and which files may list them. */
export const WEB_PAIRS = {
  cc3m: ['cc3m.json', 'Train_GCC-training.tsv', 'Train-GCC-training.tsv'],
  cc12m: ['cc12m.json', 'cc12m.tsv'],
  sbu: ['sbu.json', 'sbu-captions-all.json', 'SBU_captioned_photo_dataset_captions.txt'],
} as const;

/** @throws Blip2Error naming the files that were looked for */
export function webPairs(
  name: keyof typeof WEB_PAIRS,
  { dir, annotations }: { dir: string; annotations?: string },
): PictureList {
  const file = annotations ? resolve(annotations) : firstFile(name, dir, WEB_PAIRS[name]);
  const images = picturesDir(dir);
  const isList = isJsonList(file);
  return {
    name,
    dir,
    inputs: isList
      ? [file]
      : [file, join(dir, images), ...foldersIn(dir, images).map((folder) => join(dir, folder))],
    pictures: (faults) =>
      isList
        ? annotatedPictures(file, { dir: images, grouped: false, faults })
        : fetched(rowsOf(name, file, faults), { dir, images, faults }),
  };
}

interface Rows {
  count: number;
  caption(row: number): string;
  where(row: number): string;
  close(): void;
}

/** CC12M has the address first, CC3M the caption. */
function rowsOf(name: keyof typeof WEB_PAIRS, file: string, faults: FaultList): Rows {
  if (file.endsWith('.json')) {
    // By their numbers: a broken one must not shift those after it.
    const captions: string[] = [];
    for (const { number, value } of jsonEntries(file, faults, 'captions'))
      if (typeof value === 'string') captions[number] = value;
    return {
      count: captions.length,
      caption: (row) => captions[row] ?? '',
      where: (row) => `${file} caption ${row}`,
      close: () => undefined,
    };
  }
  const lines = new LineFile(file);
  const column = name === 'cc12m' ? 1 : 0;
  return {
    count: lines.count,
    caption: (row) => lines.line(row).split('\t')[file.endsWith('.txt') ? 0 : column] ?? '',
    where: (row) => `${file} line ${row + 1}`,
    close: () => lines.close(),
  };
}

/** Folders below the one of pictures, and it. Those of our own making are none of them. */
function foldersIn(dir: string, folder: string): string[] {
  const entries = readdirSync(join(dir, folder), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'blip2');
  return folders.flatMap(({ name }) => [join(folder, name), ...foldersIn(dir, join(folder, name))]).sort();
}

const filesIn = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();

function* fetched(
  rows: Rows,
  { dir, images, faults }: { dir: string; images: string; faults: FaultList },
): Generator<ListedPicture> {
  let found = 0;
  try {
    for (const folder of [images, ...foldersIn(dir, images)]) {
      for (const name of filesIn(join(dir, folder))) {
        const row = /^(\d+)(?:[_.]|$)/.exec(name)?.[1];
        if (row === undefined || /\.(txt|json|tsv|parquet|tar)$/.test(name)) continue;
        const image = join(folder, name);
        if (Number(row) >= rows.count) {
          faults.add('a picture of no row', image);
          continue;
        }
        found++;
        const caption = rows.caption(Number(row)).trim();
        if (caption === '') faults.add('no caption', rows.where(Number(row)));
        else yield { image, captions: [caption] };
      }
    }
    const missing = rows.count - found;
    if (missing > 0)
      faults.add(
        'rows whose picture was not fetched',
        `${missing.toLocaleString('en')} of ${rows.count.toLocaleString('en')}`,
      );
  } finally {
    rows.close();
  }
}

/** Does a folder hold shards? */
export const hasShards = (dir: string): boolean =>
  existsSync(dir) && readdirSync(dir).some((name) => name.endsWith('.tar'));
