/** Visual Genome: its region descriptions, or LAVIS's list of captions; and what is asked about its pictures. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { annotatedPictures, firstEntry, firstFile, isEntry, isJsonList, picturesDir } from './annotated';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { textsIn } from './place';
import { jsonEntries } from './jsonEntries';

/** The two archives of pictures, as they unpack. */
const FOLDERS = ['VG_100K', 'VG_100K_2'];

/** @throws Blip2Error naming the files that were looked for */
export function visualGenome({ dir, annotations }: { dir: string; annotations?: string }): PictureList {
  const names = ['vg_caption.json', 'region_descriptions.json'];
  const file = annotations ? resolve(annotations) : firstFile('vg', dir, names);
  const images = picturesDir(dir);
  const folders = pictureFolders(dir);
  return {
    name: 'vg',
    dir,
    inputs: [file, ...folders.map((folder) => join(dir, folder))],
    pictures(faults) {
      return isJsonList(file) && 'regions' in (firstEntry(file) ?? {})
        ? regions(file, { dir, folders, faults })
        : annotatedPictures(file, { dir: images, grouped: true, faults });
    },
  };
}

/** Those of the two that are there, from the set's folder on. */
function pictureFolders(dir: string): string[] {
  const images = picturesDir(dir);
  return FOLDERS.map((folder) => join(images, folder)).filter((folder) => existsSync(join(dir, folder)));
}

/** The folder of each picture, by its file's name. */
function folderOfEach(dir: string, folders: readonly string[]): Map<string, string> {
  const places = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(dir, folder))) places.set(name, folder);
  }
  return places;
}

interface Region {
  image_id?: number;
  phrase?: unknown;
}

interface Regions {
  id?: number;
  regions?: unknown;
}

/** A picture's phrases are its captions, each once. */
function* regions(
  file: string,
  { dir, folders, faults }: { dir: string; folders: readonly string[]; faults: FaultList },
): Generator<ListedPicture> {
  const places = folderOfEach(dir, folders);
  for (const entry of jsonEntries(file, faults)) {
    const where = `${file} entry ${entry.number}`;
    if (!isEntry(entry.value)) {
      faults.add('no entry', where);
      continue;
    }
    const { regions, ...value } = entry.value as Regions;
    const list = (Array.isArray(regions) ? regions : []) as (Region | null)[];
    const { id = list[0]?.image_id } = value;
    const name = `${id}.jpg`;
    const folder = places.get(name);
    const captions = [...new Set(textsIn(list.map((region) => region?.phrase)).map((text) => text.trim()))];
    if (folder === undefined) faults.add('no such picture', `${FOLDERS.join(' or ')}/${name}`);
    else if (captions.length === 0) faults.add('no caption', `${where}, image ${id}`);
    else yield { image: join(folder, name), id: name, captions };
  }
}

/** The questions, each with its one answer. @throws Blip2Error naming the files that were looked for */
export function visualGenomeQuestions({
  dir,
  annotations,
}: {
  dir: string;
  annotations?: string;
}): PictureList {
  const names = ['question_answers.json', 'vg_qa.json'];
  const file = annotations ? resolve(annotations) : firstFile('vgqa', dir, names);
  const folders = pictureFolders(dir);
  return {
    name: 'vgqa',
    dir,
    inputs: [file, ...folders.map((folder) => join(dir, folder))],
    asks: true,
    pictures: (faults) => questions(file, { dir, folders, faults }),
  };
}

interface Question {
  question?: unknown;
  answer?: unknown;
}
/** Of the published file, or (with `image`) of LAVIS's. */
type QuestionEntry =
  { id?: number; qas?: (Question & { qa_id?: number })[] } | (Question & { image?: unknown });

function* questions(
  file: string,
  { dir, folders, faults }: { dir: string; folders: readonly string[]; faults: FaultList },
): Generator<ListedPicture> {
  const places = folderOfEach(dir, folders);
  const images = picturesDir(dir);
  for (const entry of jsonEntries(file, faults)) {
    const value = entry.value as QuestionEntry | null;
    const where = `${file} entry ${entry.number}`;
    if (!isEntry(value)) faults.add('no entry', where);
    else if ('image' in value && typeof value.image === 'string') {
      yield* asked(value, { image: join(images, value.image), id: `${entry.number}` }, { where, faults });
    } else if ('qas' in value && Array.isArray(value.qas)) {
      const name = `${value.id}.jpg`;
      const folder = places.get(name);
      if (folder === undefined) faults.add('no such picture', `${FOLDERS.join(' or ')}/${name}`);
      else {
        for (const one of value.qas) {
          const id = `${one?.qa_id}`;
          yield* asked(one, { image: join(folder, name), id }, { where: `${where}, qa_id ${id}`, faults });
        }
      }
    } else faults.add('no picture', where);
  }
}

function* asked(
  entry: Question | null,
  place: { image: string; id: string },
  { where, faults }: { where: string; faults: FaultList },
): Generator<ListedPicture> {
  const [question] = textsIn(entry?.question);
  const captions = textsIn(entry?.answer);
  if (question === undefined) faults.add('no question', where);
  else if (captions.length === 0) faults.add('no answer', where);
  else yield { ...place, question, captions };
}
