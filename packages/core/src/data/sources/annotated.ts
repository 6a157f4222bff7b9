/** Lists of captions as LAVIS and BLIP publish them: [{"image", "caption", …}], one entry a caption or a picture. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import { fileError } from '../../checkpoints';
import { FaultList } from './faults';
import type { ListedPicture } from './listIndex';
import { textsIn } from './place';
import { jsonElements, jsonEntries } from './jsonEntries';

/** Is the file a list, and not an object? @throws Blip2Error naming a file that cannot be read */
export function isJsonList(path: string): boolean {
  const start = Buffer.alloc(64);
  try {
    const handle = openSync(path, 'r');
    readSync(handle, start, 0, start.length, 0);
    closeSync(handle);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  return start.toString().trimStart().startsWith('[');
}

/** The first of the files that is there. @throws Blip2Error naming all of them */
export function firstFile(set: string, dir: string, names: readonly string[]): string {
  const paths = names.flatMap((name) => [join(dir, name), join(dir, 'annotations', name)]);
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Blip2Error(`${dir} has no annotations of ${set}: none of ${names.join(', ')}`, {
    hint: 'They may lie in annotations/, too; annotations=FILE names another. docs/data.md has the layouts.',
    exitCode: 2,
  });
}

/** The folder that paths of pictures begin in: `images` where there is one. */
export const picturesDir = (dir: string): string => (existsSync(join(dir, 'images')) ? 'images' : '.');

/** Whether a list's element is what it should be at all. */
export const isEntry = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** The first entry of a list that is one: what kind of list it is. Faults of the list are for its reader to count. */
export function firstEntry(path: string, key?: string): object | undefined {
  for (const value of jsonElements(path, new FaultList(), key)) if (isEntry(value)) return value;
  return undefined;
}

interface Entry {
  image?: unknown;
  caption?: unknown;
}

/** Pictures of such a list. Only where several entries may speak of one picture must all be held in memory. */
export function* annotatedPictures(
  path: string,
  { dir, grouped, faults }: { dir: string; grouped: boolean; faults: FaultList },
): Generator<ListedPicture> {
  const pictures = new Map<string, { captions: string[]; metadata: Record<string, unknown> }>();
  for (const { number, value } of jsonEntries(path, faults)) {
    const { image, caption, ...metadata } = (value ?? {}) as Entry;
    const captions = textsIn(caption);
    const where = `${path} entry ${number}`;
    if (typeof image !== 'string' || image === '') faults.add('no image', where);
    else if (captions.length === 0) faults.add('no caption', where);
    else if (!grouped) yield { image: join(dir, image), id: image, captions, metadata };
    else {
      const known = pictures.get(image);
      if (known) known.captions.push(...captions);
      else pictures.set(image, { captions, metadata });
    }
  }
  for (const [image, rest] of pictures) yield { image: join(dir, image), id: image, ...rest };
}
