/** Packages of emoji as npm would install them, with a few emoji of our own: nothing is fetched in tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EMOJI_ARTISTS, EMOJI_NAMES } from '../../datasets/src';

const SUBGROUPS = ['animal-mammal', 'food-fruit', 'transport-ground', 'other-object'];
export const CONCEPTS = 40;

const hexcode = (i: number) => (0x1f400 + i).toString(16).toUpperCase();

function write(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

/** @param svg the body of a drawing */
export function writeEmojiPackages(
  home: string,
  svg = (artist: string, i: number) =>
    `<circle cx="8" cy="8" r="${2 + (i % 6)}" fill="#${artist === 'noto' ? 'f00' : '00f'}"/>`,
): string {
  const modules = join(home, 'node_modules');
  const numbers = Array.from({ length: CONCEPTS }, (_, i) => i);
  for (const [artist, { package: name, version }] of Object.entries(EMOJI_ARTISTS)) {
    const folder = join(modules, name);
    write(join(folder, 'package.json'), { name, version });
    const drawn = numbers.map((i) => [`emoji-${i}`, { body: svg(artist, i) }]);
    write(join(folder, 'icons.json'), { icons: Object.fromEntries(drawn) as object, width: 16, height: 16 });
    const characters = numbers.map((i) => [hexcode(i).toLowerCase(), `emoji-${i}`]);
    write(join(folder, 'chars.json'), Object.fromEntries(characters));
  }
  const names = join(modules, EMOJI_NAMES.package);
  write(join(names, 'package.json'), { name: EMOJI_NAMES.package, version: EMOJI_NAMES.version });
  write(join(names, 'en', 'data.json'), [
    { hexcode: '1F1E6', label: 'regional indicator A' },
    ...numbers.map((i) => ({
      hexcode: hexcode(i),
      label: `Kind ${'abcdefghij'[i % 10]} thing ${i}`,
      tags: ['thing', 'small', 'round', `tag${i % 7}`],
      subgroup: i % SUBGROUPS.length,
      skins: [{ hexcode: `${hexcode(i)}-1F3FB`, label: 'toned' }],
    })),
    { hexcode: '1F9FF', label: 'drawn by nobody', subgroup: 0 },
  ]);
  write(
    join(names, 'en', 'shortcodes', 'emojibase.json'),
    Object.fromEntries(numbers.map((i) => [hexcode(i), `thing_${i}`])),
  );
  write(join(names, 'meta', 'groups.json'), { subgroups: Object.fromEntries(SUBGROUPS.entries()) });
  return modules;
}
