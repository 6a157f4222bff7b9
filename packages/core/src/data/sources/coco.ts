/** COCO captions: Karpathy's split, LAVIS's lists of it, or the official files. */
import { basename, join, resolve } from 'node:path';
import { Blip2Error } from '../../runtime';
import { annotatedPictures, firstEntry, firstFile, isEntry, isJsonList, picturesDir } from './annotated';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { textsIn } from './place';
import { jsonEntries } from './jsonEntries';

interface CocoOptions {
  dir: string;
  split?: string;
  annotations?: string;
}

/** Karpathy's training split takes in what is left of the official validation pictures. */
const SPLITS: Record<string, string[]> = {
  train: ['train', 'restval'],
  restval: ['restval'],
  val: ['val'],
  test: ['test'],
};

/** @throws Blip2Error naming the files that were looked for */
export function coco({ dir, split = 'train', annotations }: CocoOptions): PictureList {
  if (!Object.hasOwn(SPLITS, split)) {
    throw new Blip2Error(`coco has no split ${split}`, {
      hint: `There are ${Object.keys(SPLITS).join(', ')}.`,
      exitCode: 2,
    });
  }
  const names = [
    'dataset_coco.json',
    `coco_karpathy_${split}.json`,
    `captions_${split}2014.json`,
    `captions_${split}2017.json`,
  ];
  const file = annotations ? resolve(annotations) : firstFile('coco', dir, names);
  const images = picturesDir(dir);
  return {
    name: 'coco',
    variant: split,
    dir,
    inputs: [file],
    pictures(faults) {
      if (isJsonList(file)) return annotatedPictures(file, { dir: images, grouped: true, faults });
      return 'sentences' in (firstEntry(file, 'images') ?? {})
        ? karpathy(file, { images, splits: SPLITS[split], faults })
        : official(file, images, faults);
    },
  };
}

/** Of both formats, as far as they can be relied on. */
type Published = Readonly<Record<string, unknown>>;

/** Entries of a list, those apart that are none. */
function* entriesOf(file: string, faults: FaultList, key: string) {
  for (const { number, value } of jsonEntries(file, faults, key)) {
    const where = `${file}: ${key} ${number}`;
    if (isEntry(value)) yield { entry: value as Published, where };
    else faults.add('no entry', where);
  }
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

function* karpathy(
  file: string,
  { images, splits, faults }: { images: string; splits: readonly string[]; faults: FaultList },
): Generator<ListedPicture> {
  for (const { entry, where } of entriesOf(file, faults, 'images')) {
    const { filename, filepath = '', cocoid, split = '', sentences } = entry;
    if (!splits.includes(split as string)) continue;
    const said: unknown[] = Array.isArray(sentences) ? sentences : [];
    const captions = textsIn(said.map((one) => (one as { raw?: unknown } | null)?.raw));
    if (!isName(filename)) faults.add('no filename', where);
    else if (captions.length === 0) faults.add('no caption', `${where}, ${filename}`);
    else {
      const image = join(images, `${filepath as string}`, filename);
      yield { image, id: filename, captions, metadata: { cocoid, split } };
    }
  }
}

/** `captions_train2014.json` speaks of the folder `train2014`. */
function* official(file: string, images: string, faults: FaultList): Generator<ListedPicture> {
  const folder = /captions_(\w+)\.json$/.exec(basename(file))?.[1] ?? '.';
  const captions = new Map<unknown, string[]>();
  for (const { entry, where } of entriesOf(file, faults, 'annotations')) {
    const { image_id: id, caption } = entry;
    const texts = textsIn(caption);
    if (id === undefined || texts.length === 0) faults.add('no caption', `${where}, of image ${String(id)}`);
    else captions.set(id, [...(captions.get(id) ?? []), ...texts]);
  }
  for (const { entry, where } of entriesOf(file, faults, 'images')) {
    const { id, file_name: name } = entry;
    const said = captions.get(id);
    captions.delete(id);
    if (!isName(name)) faults.add('no file_name', where);
    else if (!said) faults.add('no caption', `${where}, ${name}`);
    else yield { image: join(images, folder, name), id: name, captions: said, metadata: { cocoid: id } };
  }
  for (const id of captions.keys()) faults.add('captions of no picture', `${file}: image ${String(id)}`);
}
