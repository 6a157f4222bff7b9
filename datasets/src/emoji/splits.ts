/** Which concepts are trained on, and which pictures make up which split. */
import { hash32 } from '../shapes/random';
import { SEEN_ARTISTS, UNSEEN_ARTIST, type EmojiArtistName } from './packages';
import type { EmojiConcept } from './source';

/**
 * `train`, `validation`, `test`: concepts of their own, each drawn by all artists that are trained on. `style`: concepts
 * of `train` as the unseen artist drew them; `both`: those of `test`, as the unseen artist drew them.
 */
export const EMOJI_SPLITS = ['train', 'validation', 'test', 'style', 'both'] as const;
/** A part of the emoji. */
export type EmojiSplit = (typeof EMOJI_SPLITS)[number];

/** One picture. */
export interface EmojiPicture {
  split: EmojiSplit;
  artist: EmojiArtistName;
  concept: EmojiConcept;
}

/** Of a hundred. */
const VALIDATION = 10;
const TEST = 10;

/** The pictures of all splits, artist by artist. */
export function emojiPictures(concepts: readonly EmojiConcept[]): EmojiPicture[] {
  const pictures = (artist: EmojiArtistName, splitOf: (concept: EmojiConcept) => EmojiSplit | undefined) =>
    concepts.flatMap((concept) => {
      const split = splitOf(concept);
      return split === undefined ? [] : [{ split, artist, concept }];
    });
  const unseen = { train: 'style', validation: undefined, test: 'both' } as const;
  return [
    ...SEEN_ARTISTS.flatMap((artist) => pictures(artist, conceptSplit)),
    ...pictures(UNSEEN_ARTIST, (concept) => unseen[conceptSplit(concept)]),
  ];
}

/** By a hash of the name without what tells variants of one concept apart, so that they stay together. */
export function conceptSplit({ label }: EmojiConcept): 'train' | 'validation' | 'test' {
  const lot = hash32(`emoji/${family(label)}`) % 100;
  if (lot < TEST) return 'test';
  return lot < TEST + VALIDATION ? 'validation' : 'train';
}

/** `woman student` and `man student` are one family, and so is who walks to the right and who walks to the left. */
const family = (label: string): string =>
  label
    .toLowerCase()
    .replace(': facing right', '')
    .replaceAll(/\b(person|people|man|men|woman|women)\b/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
