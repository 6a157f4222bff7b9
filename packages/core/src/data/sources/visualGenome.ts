/** Visual Genome: its region descriptions, or LAVIS's list of captions. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { annotatedPictures, firstFile, isJsonList, picturesDir } from './annotated';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { textsIn } from './place';
import { jsonElements } from './text';

/** The two archives of pictures, as they unpack. */
const FOLDERS = ['VG_100K', 'VG_100K_2'];

/** @throws Blip2Error naming the files that were looked for */
export function visualGenome({ dir, annotations }: { dir: string; annotations?: string }): PictureList {
  const names = ['vg_caption.json', 'region_descriptions.json'];
  const file = annotations ? resolve(annotations) : firstFile('vg', dir, names);
  const images = picturesDir(dir);
  const folders = FOLDERS.map((folder) => join(images, folder)).filter((folder) =>
    existsSync(join(dir, folder)),
  );
  return {
    name: 'vg',
    dir,
    inputs: [file, ...folders.map((folder) => join(dir, folder))],
    pictures(faults) {
      const [first] = jsonElements(file, faults) as Iterable<{ regions?: unknown } | undefined>;
      return isJsonList(file) && first?.regions
        ? regions(file, { dir, folders, faults })
        : annotatedPictures(file, { dir: images, grouped: true, faults });
    },
  };
}

interface Regions {
  id?: number;
  regions?: { image_id?: number; phrase?: unknown }[];
}

/** A picture's phrases are its captions, each once. */
function* regions(
  file: string,
  { dir, folders, faults }: { dir: string; folders: readonly string[]; faults: FaultList },
): Generator<ListedPicture> {
  const places = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(dir, folder))) places.set(name, folder);
  }
  for (const value of jsonElements(file, faults) as Iterable<Regions>) {
    const { regions = [], id = regions[0]?.image_id } = value;
    const name = `${id}.jpg`;
    const folder = places.get(name);
    const captions = [...new Set(textsIn(regions.map(({ phrase }) => phrase)).map((text) => text.trim()))];
    if (folder === undefined) faults.add('no such picture', `${FOLDERS.join(' or ')}/${name}`);
    else if (captions.length === 0) faults.add('no caption', `${file}: image ${id}`);
    else yield { image: join(folder, name), id: name, captions };
  }
}
