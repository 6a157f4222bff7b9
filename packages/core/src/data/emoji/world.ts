/**
 * Emoji as a folder of pictures with captions, questions and what the web says: the same files that anybody's own data
 * is made of. Drawings become PNGs on white.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  emojiCaptions,
  EMOJI_PACKAGES,
  emojiPictures,
  emojiQuestions,
  emojiWebCaption,
  readEmojiSource,
  type EmojiPicture,
  type EmojiSource,
} from '@blip2/datasets';
import { Blip2Error, breathe } from '../../runtime';
import { canonicalJson, makeFolder, readJsonObject, writeFileAtomic } from '../../checkpoints';
import { CAPTIONS, QUESTIONS, WEB } from '../folder';

/** Side of the PNGs: large enough for people to look at. */
const SIDE = 96;
/** White around what is drawn. */
const MARGIN = 4;
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 };
const RECORD = 'world.json';
/** What the files are made of; `format` goes up when other ones are written of the same packages. */
const MADE_OF = { format: 2, side: SIDE, packages: [...EMOJI_PACKAGES] };

/** Is the folder finished, and of these packages? */
export function holdsEmoji(dir: string): boolean {
  const record = join(dir, RECORD);
  return existsSync(record) && canonicalJson(readJsonObject(record)) === canonicalJson(MADE_OF);
}

/**
 * Writes all pictures, then the text files. A folder that was left half done is written anew.
 * @throws Blip2Error naming a package that cannot be read, or a drawing that cannot be
 */
export async function writeEmojiFolder(
  dir: string,
  modules: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const source = readSource(modules);
  const pictures = emojiPictures(source.concepts);
  const together = availableParallelism();
  for (const artist of new Set(pictures.map((one) => one.artist))) makeFolder(join(dir, artist));
  for (let start = 0; start < pictures.length; start += together) {
    const some = pictures.slice(start, start + together);
    await Promise.all(some.map((picture) => draw(source, picture, join(dir, imageOf(picture)))));
    onProgress?.(start + some.length, pictures.length);
    await breathe();
  }
  const questions = new Map(
    emojiQuestions(source.concepts).map((asked, i) => [source.concepts[i].id, asked]),
  );
  const write = (name: string, lines: (picture: EmojiPicture) => object[]) => {
    const all = pictures.flatMap((one) => lines(one).map((line) => ({ image: imageOf(one), ...line })));
    writeFileAtomic(join(dir, name), [all.map((line) => `${JSON.stringify(line)}\n`).join('')]);
  };
  write(CAPTIONS, ({ concept, split, artist }) =>
    emojiCaptions(concept).map((caption) => ({ caption, split, artist })),
  );
  write(QUESTIONS, ({ concept }) => questions.get(concept.id)!);
  write(WEB, ({ concept }) => [{ caption: emojiWebCaption(concept) }]);
  writeFileAtomic(join(dir, RECORD), [JSON.stringify(MADE_OF)]);
}

const imageOf = ({ artist, concept }: EmojiPicture): string => `${artist}/${concept.id}.png`;

function readSource(modules: string): EmojiSource {
  try {
    return readEmojiSource(modules);
  } catch (cause) {
    throw new Blip2Error(`The packages of Emoji cannot be read: ${(cause as Error).message}`, {
      hint: `Delete ${modules}: they are installed anew when they are next needed.`,
      cause,
    });
  }
}

/**
 * Cut to what is drawn, then as large as fits: one artist leaves a fifth of the square empty, another nothing, and what
 * they have in common would lie in different places.
 */
async function draw(source: EmojiSource, { artist, concept }: EmojiPicture, path: string): Promise<void> {
  const { svg, width } = source.drawing(artist, concept);
  try {
    // Units are pixels at 72 dots per inch.
    await sharp(Buffer.from(svg), { density: (72 * SIDE) / width })
      .trim({ background: TRANSPARENT })
      .resize(SIDE - 2 * MARGIN, SIDE - 2 * MARGIN, { fit: 'contain', background: 'white' })
      .extend({ top: MARGIN, bottom: MARGIN, left: MARGIN, right: MARGIN, background: 'white' })
      .flatten({ background: 'white' })
      .png()
      .toFile(path);
  } catch (cause) {
    const what = `${artist}'s drawing of ${concept.label} (${concept.id})`;
    throw new Blip2Error(`${what} cannot be drawn: ${(cause as Error).message}`, {
      hint: 'The package may be damaged: delete its folder, and it is installed anew.',
      cause,
    });
  }
}
