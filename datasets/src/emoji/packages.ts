/**
 * Where Emoji comes from: npm packages that are installed on demand and stay where npm puts them. Nothing of them is
 * part of this repository.
 */

/** An artist's drawings of the emoji, as an Iconify package. */
export interface EmojiArtist {
  package: string;
  version: string;
  /** SPDX identifier, as the package states it. */
  licence: string;
  author: string;
}

/** By the name that an artist goes by here, which is also a part of the pictures' file names. */
export const EMOJI_ARTISTS = {
  twemoji: {
    package: '@iconify-json/twemoji',
    version: '1.2.5',
    licence: 'CC-BY-4.0',
    author: 'Twitter, and contributors to jdecked/twemoji',
  },
  openmoji: {
    package: '@iconify-json/openmoji',
    version: '1.2.29',
    licence: 'CC-BY-SA-4.0',
    author: 'OpenMoji',
  },
  fluent: {
    package: '@iconify-json/fluent-emoji-flat',
    version: '1.2.6',
    licence: 'MIT',
    author: 'Microsoft Corporation',
  },
  noto: {
    package: '@iconify-json/noto',
    version: '1.2.9',
    licence: 'Apache-2.0',
    author: 'Google Inc',
  },
} as const satisfies Record<string, EmojiArtist>;

/** The name of an artist. */
export type EmojiArtistName = keyof typeof EMOJI_ARTISTS;

/** Whose drawings are trained on, and whose are the style that no training sees. */
export const SEEN_ARTISTS: readonly EmojiArtistName[] = ['twemoji', 'openmoji', 'fluent'];
/** Whose pictures no training sees. */
export const UNSEEN_ARTIST: EmojiArtistName = 'noto';

/** Names, tags, groups and short codes. */
export const EMOJI_NAMES = { package: 'emojibase-data', version: '17.0.0', licence: 'MIT' } as const;

/** All packages as npm's command line takes them. */
export const EMOJI_PACKAGES: readonly string[] = [...Object.values(EMOJI_ARTISTS), EMOJI_NAMES].map(
  (one) => `${one.package}@${one.version}`,
);
