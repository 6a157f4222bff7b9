/**
 * Emoji: Unicode's pictures by four artists, with the names that people gave them, as own data (see folder/). Three
 * artists are trained on; the splits `style` and `both` are the fourth's.
 */
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import { folder, openFolder, recorded, type FolderOptions, type OwnDataset } from '../folder';
import { emojiHome, installEmojiPackages } from './packages';
import { holdsEmoji, writeEmojiFolder } from './world';

/** Where the packages and what is drawn of them lie, and how large. */
export interface EmojiOptions extends FolderOptions {
  /** Where packages and pictures lie; `.blip2/emoji` of the project, or $BLIP2_EMOJI, unless given. */
  home?: string;
}

interface Progress {
  onNote?: (note: string) => void;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Opens Emoji. The first time it installs npm packages (about 100 MB) and draws the pictures.
 * @throws Blip2Error if the packages cannot be installed or read
 */
export async function emoji({
  onNote,
  onProgress,
  ...options
}: EmojiOptions & Progress = {}): Promise<OwnDataset> {
  const { home = emojiHome(), ...rest } = options;
  const dir = folderIn(home);
  if (!holdsEmoji(dir)) {
    const modules = await installEmojiPackages(home, onNote);
    onNote?.(`Drawing the pictures into ${dir}`);
    await writeEmojiFolder(dir, modules, onProgress);
  }
  await folder(dir, rest);
  return openEmoji(options);
}

/**
 * As `emoji`, at once: all must have been made before.
 * @throws Blip2Error if it was not
 */
export function openEmoji({ home = emojiHome(), ...options }: EmojiOptions = {}): OwnDataset {
  const dir = folderIn(home);
  if (!holdsEmoji(dir)) {
    throw new Blip2Error(`Emoji is not there yet (${dir})`, {
      hint: 'Open it by `await emoji()` once, or run `blip2 towers --data emoji`: npm packages are installed.',
    });
  }
  // Wherever it lies: the same on every machine.
  return openFolder(dir, options, (contents) => ({
    name: 'emoji',
    options: { ...recorded(options), contents },
  }));
}

const folderIn = (home: string): string => join(home, 'world');
