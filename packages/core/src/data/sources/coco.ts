/** COCO captions: Karpathy's split, LAVIS's lists of it, or the official files. */
import { basename, join, resolve } from 'node:path';
import { Blip2Error } from '../../runtime';
import { annotatedPictures, firstFile, isJsonList, picturesDir } from './annotated';
import type { FaultList } from './faults';
import type { ListedPicture, PictureList } from './listIndex';
import { textsIn } from './place';
import { jsonElements } from './text';

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
      const [first] = jsonElements(file, faults, 'images') as Iterable<{ sentences?: unknown } | undefined>;
      return first?.sentences
        ? karpathy(file, { images, splits: SPLITS[split], faults })
        : official(file, images, faults);
    },
  };
}

interface KarpathyImage {
  filename?: string;
  filepath?: string;
  cocoid?: number;
  split?: string;
  sentences?: { raw?: unknown }[];
}

function* karpathy(
  file: string,
  { images, splits, faults }: { images: string; splits: readonly string[]; faults: FaultList },
): Generator<ListedPicture> {
  for (const value of jsonElements(file, faults, 'images') as Iterable<KarpathyImage>) {
    const { filename, filepath = '', cocoid, split = '', sentences = [] } = value;
    if (!splits.includes(split)) continue;
    const captions = textsIn(sentences.map(({ raw }) => raw));
    if (!filename) faults.add('no filename', `${file}: ${cocoid}`);
    else if (captions.length === 0) faults.add('no caption', `${file}: ${filename}`);
    else
      yield { image: join(images, filepath, filename), id: filename, captions, metadata: { cocoid, split } };
  }
}

/** `captions_train2014.json` speaks of the folder `train2014`. */
function* official(file: string, images: string, faults: FaultList): Generator<ListedPicture> {
  const folder = /captions_(\w+)\.json$/.exec(basename(file))?.[1] ?? '.';
  const captions = new Map<number, string[]>();
  for (const value of jsonElements(file, faults, 'annotations')) {
    const { image_id: id, caption } = value as { image_id?: number; caption?: unknown };
    const texts = textsIn(caption);
    if (id === undefined || texts.length === 0)
      faults.add('no caption', `${file}: annotation of image ${id}`);
    else captions.set(id, [...(captions.get(id) ?? []), ...texts]);
  }
  for (const value of jsonElements(file, faults, 'images')) {
    const { id, file_name: name } = value as { id: number; file_name?: string };
    const said = captions.get(id);
    if (!name) faults.add('no file_name', `${file}: image ${id}`);
    else if (!said) faults.add('no caption', `${file}: ${name}`);
    else yield { image: join(images, folder, name), id: name, captions: said, metadata: { cocoid: id } };
  }
}
