/** Data of one's own, and Emoji, by the specifications that the command line knows: `emoji`, or the path of a folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import type { JsonObject } from '../checkpoints';
import {
  emoji,
  folder,
  openEmoji,
  openFolder,
  type EmojiOptions,
  type FolderOptions,
  type OwnDataset,
} from '../data';
import { unknownKey } from './errors';

/** Options by which data is named in a recipe.json: those that it was opened with, and a hash of its contents. */
type Recorded<O> = O & { contents?: string };

type FolderSpec = FolderOptions & { dir: string };

const emojiOptions = (options: JsonObject) =>
  knownOptions<EmojiOptions>('emoji', ['imageSize', 'cache', 'home'], options);

function folderOptions(options: JsonObject): Recorded<FolderSpec> {
  const known = knownOptions<FolderSpec>('folder', ['dir', 'imageSize', 'cache'], options);
  if (typeof known.dir === 'string') return known;
  throw new Blip2Error('Own data needs the path of its folder', { hint: 'E.g. --data pets', exitCode: 2 });
}

/** At once: what has to be made of the data must be there. */
export const OWN_DATA: Record<string, (options: JsonObject) => OwnDataset> = {
  emoji(options) {
    const { contents, ...known } = emojiOptions(options);
    return unchanged(openEmoji(known), contents);
  },
  folder(options) {
    const { contents, dir, ...known } = folderOptions(options);
    return unchanged(openFolder(dir, known), contents);
  },
};

/** Makes what has to be made: installs, draws, decodes. Other data than one's own needs nothing. */
export async function prepareOwnData(
  name: string,
  options: JsonObject,
  onNote: (note: string) => void,
): Promise<void> {
  if (name === 'emoji') {
    const { contents: _, ...known } = emojiOptions(options);
    await emoji({ ...known, onNote });
  } else if (name === 'folder') {
    const { contents: _, dir, ...known } = folderOptions(options);
    await folder(dir, known);
  }
}

/** Is a name that no data has that of a folder of pictures? */
export const isDataFolder = (name: string): boolean => existsSync(join(name, 'captions.jsonl'));

/** @throws Blip2Error naming the nearest known option */
function knownOptions<O>(data: string, known: readonly string[], options: JsonObject): Recorded<O> {
  const unknown = Object.keys(options).find((key) => key !== 'contents' && !known.includes(key));
  if (unknown !== undefined) throw unknownKey(`option of ${data}:`, unknown, known);
  return options as unknown as Recorded<O>;
}

/** @throws Blip2Error if the contents are others than recorded */
function unchanged(data: OwnDataset, contents?: string): OwnDataset {
  if (contents === undefined || data.options.contents === contents) return data;
  throw new Blip2Error(`${data.name}: pictures or texts are others than those of the run`, {
    hint: 'Train it again on the data as it is now, or put the files back.',
  });
}
