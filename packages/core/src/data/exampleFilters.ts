/** Filters that the web's data calls for: LAION's own columns, and words that must not be read. */
import type { ExampleFilter } from './filters';

export interface LaionSafetyOptions {
  /** The largest `punsafe` (LAION-5B's probability of being unsafe) that stays. */
  maxUnsafe?: number;
}

/**
 * Keeps what LAION's own detectors hold safe: `NSFW` is "UNLIKELY" (LAION-400M, case aside), `punsafe` is small
 * (LAION-5B). Of both columns those that are there must agree; an example with neither is left out, for nothing is known
 * of it.
 */
export function safeByLaion({ maxUnsafe = 0.1 }: LaionSafetyOptions = {}): ExampleFilter {
  return ({ metadata }) => {
    const nsfw = metadata.NSFW ?? undefined;
    const punsafe = metadata.punsafe ?? undefined;
    if (nsfw === undefined && punsafe === undefined) return false;
    const isUnlikely = nsfw === undefined || (typeof nsfw === 'string' && nsfw.toUpperCase() === 'UNLIKELY');
    // Columns of text come as text: '' is no number, though Number('') is 0.
    const isSafe = punsafe === undefined || (punsafe !== '' && Number(punsafe) <= maxUnsafe);
    return isUnlikely && isSafe;
  };
}

/**
 * Leaves out examples of which any caption has one of the words, whole and in any case ("Cat" of "cat", not
 * "catalogue"). A word may be several, with any space between them.
 */
export function withoutWords(words: readonly string[]): ExampleFilter {
  const given = words.map((word) => word.trim().normalize('NFKC')).filter((word) => word !== '');
  if (given.length === 0) return () => true;
  const alternatives = given.map((word) => word.split(/\s+/).map(escape).join('\\s+'));
  const blocked = new RegExp(`(?<![\\p{L}\\p{N}])(?:${alternatives.join('|')})(?![\\p{L}\\p{N}])`, 'iu');
  return ({ captions }) => !captions.some((caption) => blocked.test(caption.normalize('NFKC')));
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
