/** A folder with `captions.jsonl` (docs/own-data.md), pictures read as they are needed. */
import { join } from 'node:path';
import { CAPTIONS } from '../folder';
import { splitByName } from '../folder/folder';
import { readRecords } from '../folder/lines';
import type { PictureList } from './listIndex';

/** `split` is one of `captions.jsonl`, by name; `all` takes every picture. */
export function pictureFolder({ dir, split = 'train' }: { dir: string; split?: string }): PictureList {
  return {
    name: 'folder',
    variant: split,
    dir,
    inputs: [join(dir, CAPTIONS)],
    *pictures(faults) {
      for (const record of readRecords(dir, (reason, where) => faults.add(reason, where))) {
        const { image, captions, metadata, split: own = splitByName(image) } = record;
        if (split === 'all' || own === split) yield { image, captions, metadata };
      }
    },
  };
}
