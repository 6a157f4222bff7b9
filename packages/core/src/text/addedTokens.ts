/**
 * Tokens that are cut out of a text as they stand, before a model sees the rest: special ones (`</s>`, `[SEP]`,
 * `<image>`, `<extra_id_0>`) and any that were added to a vocabulary. At each place the longest one counts.
 */
import type { AddedTokenDefinition } from './definition';
import { SPACE, WORD } from './unicode';

export interface AddedToken extends AddedTokenDefinition {
  id: number;
  /** What is looked for: the content, normalised if the token is looked for in normalised text. */
  pattern: string;
}

/** A stretch of text, or an added token. */
export interface Section {
  text: string;
  /** Where it begins in the text. */
  start: number;
  token?: AddedToken;
}

const IS_SPACE = new RegExp(`^${SPACE}$`, 'v');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'v');
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'v');

/** A function that cuts texts at the tokens given. */
export function sectionsAt(tokens: readonly AddedToken[]): (text: string) => Section[] {
  const byPattern = new Map(tokens.map((token) => [token.pattern, token]));
  const alternatives = [...byPattern.keys()].filter(Boolean).sort((a, b) => b.length - a.length);
  if (alternatives.length === 0) return (text) => (text === '' ? [] : [{ text, start: 0 }]);
  const pattern = new RegExp(alternatives.map(escape).join('|'), 'gu');
  return (text) => {
    const sections: Section[] = [];
    let done = 0;
    for (const { 0: found, index } of text.matchAll(pattern)) {
      const token = byPattern.get(found) as AddedToken;
      let start = index;
      let end = index + found.length;
      if (token.single_word && isPartOfWord(text, start, end)) continue;
      if (token.lstrip) while (start > done && IS_SPACE.test(text[start - 1])) start--;
      if (token.rstrip) while (end < text.length && IS_SPACE.test(text[end])) end++;
      if (start > done) sections.push({ text: text.slice(done, start), start: done });
      sections.push({ text: text.slice(start, end), start, token });
      done = end;
    }
    if (done < text.length) sections.push({ text: text.slice(done), start: done });
    return sections;
  };
}

function isPartOfWord(text: string, start: number, end: number): boolean {
  // A character has at most two units.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
