/** Reads the installed packages: what each emoji is called, and how each artist drew it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EMOJI_ARTISTS, EMOJI_NAMES, type EmojiArtistName } from './packages';

/** An emoji without skin tones. */
export interface EmojiConcept {
  /** Its code points in hexadecimal: `1f405`, `1f469-200d-1f393`. */
  id: string;
  /** `woman student` */
  label: string;
  tags: readonly string[];
  /** `woman_student` */
  shortcodes: readonly string[];
  /** Unicode's finer group: `animal-mammal`. */
  subgroup: string;
}

/** One drawing of an emoji. */
export interface EmojiDrawing {
  /** An SVG document. */
  svg: string;
  /** In its own units. */
  width: number;
}

/** The emoji with their names, and who drew them. */
export interface EmojiSource {
  /** Those that all artists have drawn, in Unicode's order. */
  concepts: readonly EmojiConcept[];
  drawing(artist: EmojiArtistName, concept: EmojiConcept): EmojiDrawing;
}

/** An entry of emojibase-data's data.json. Its skin tones, variants of their own, are left out. */
interface Entry {
  hexcode: string;
  label: string;
  tags?: string[];
  /** None of regional indicators, which are letters of flags. */
  subgroup?: number;
}

/** Of an Iconify package: icons.json. */
interface Icons {
  icons: Record<string, { body: string; width?: number; height?: number }>;
  aliases?: Record<string, { parent: string; hFlip?: boolean }>;
  width?: number;
  height?: number;
}

const ARTISTS = Object.keys(EMOJI_ARTISTS) as EmojiArtistName[];

/**
 * @param packagesDir the `node_modules` that the packages lie in
 * @throws Error of the file system or of JSON, which names the file
 */
export function readEmojiSource(packagesDir: string): EmojiSource {
  const read = (...path: string[]): unknown => {
    const file = join(packagesDir, ...path);
    const text = readFileSync(file, 'utf8');
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new Error(`${file} is not JSON: ${(cause as Error).message}`, { cause });
    }
  };
  const names = EMOJI_NAMES.package;
  const entries = read(names, 'en', 'data.json') as Entry[];
  const shortcodes = read(names, 'en', 'shortcodes', 'emojibase.json') as Record<string, string | string[]>;
  const { subgroups } = read(names, 'meta', 'groups.json') as { subgroups: Record<string, string> };
  const sets = ARTISTS.map((artist) => {
    const folder = EMOJI_ARTISTS[artist].package;
    const characters = read(folder, 'chars.json') as Record<string, string>;
    return [artist, drawings(characters, read(folder, 'icons.json') as Icons)] as const;
  });
  const drawnBy = Object.fromEntries(sets) as Record<
    EmojiArtistName,
    (id: string) => EmojiDrawing | undefined
  >;

  const concepts = entries.flatMap(({ hexcode, label, tags = [], subgroup }): EmojiConcept[] => {
    const id = hexcode.toLowerCase();
    if (subgroup === undefined || ARTISTS.some((artist) => !drawnBy[artist](id))) return [];
    return [
      { id, label, tags, shortcodes: [shortcodes[hexcode] ?? []].flat(), subgroup: subgroups[subgroup] },
    ];
  });
  return { concepts, drawing: (artist, { id }) => drawnBy[artist](id)! };
}

/** The drawing of code points, where the artist has made one. */
function drawings(
  characters: Record<string, string>,
  icons: Icons,
): (id: string) => EmojiDrawing | undefined {
  const { width: ownWidth = 16, height: ownHeight = 16 } = icons;
  return (id) => {
    // Some packages leave out the selector that asks for a picture in place of a letter.
    const name = characters[id] ?? characters[id.replaceAll('-fe0f', '')];
    if (name === undefined) return undefined;
    const alias = icons.aliases?.[name];
    const icon = icons.icons[alias?.parent ?? name];
    if (!icon) return undefined;
    const { body, width = ownWidth, height = ownHeight } = icon;
    const drawn = alias?.hFlip ? `<g transform="translate(${width} 0) scale(-1 1)">${body}</g>` : body;
    const names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
    return { svg: `<svg ${names} viewBox="0 0 ${width} ${height}">${drawn}</svg>`, width };
  };
}
