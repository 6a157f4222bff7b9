/** How tokens are written: brackets by name, one kind of quotes, no soft hyphens. */

const QUOTES: Record<string, string> = {
  ...{ '\u0091': '`', '\u2018': '`', '\u201b': '`', '\u2039': '`' },
  ...{ '\u0092': "'", '\u2019': "'", '\u203a': "'" },
  ...{ '\u0093': '``', '\u201c': '``', '\u00ab': '``' },
  ...{ '\u0094': "''", '\u201d': "''", '\u00bb': "''" },
};
const BRACKETS: Record<string, string> = {
  ...{ '(': '-LRB-', ')': '-RRB-', '[': '-LSB-', ']': '-RSB-', '{': '-LCB-', '}': '-RCB-' },
};
const SIGNS: Record<string, string> = {
  ...{ '\u00bc': '1/4', '\u00bd': '1/2', '\u00be': '3/4', '\u2153': '1/3', '\u2154': '2/3' },
  ...{ '\u0080': '$', '\u00a4': '$', '\u20a0': '$', '\u20ac': '$', '\u00a2': 'cents', '\u00a3': '#' },
};

const each = (names: Record<string, string>) => (text: string) =>
  Array.from(text, (character) => names[character] ?? character).join('');

export const quotes = each(QUOTES);
export const brackets = each(BRACKETS);
export const sign = each(SIGNS);
export const nothing = () => undefined;
export const as = (written: string) => () => written;

/** Double quotes typed straight; an entity only where it is spelt in small letters. */
export const straightQuotes = (written: string) => (text: string) =>
  text === '"' || text === '&quot;' ? written : text;

/** Nothing but soft hyphens is one hyphen. */
export function word(text: string): string {
  return text.replace(/\u00ad/g, '').replace(/&amp;/gi, '&') || '-';
}

/** 's, n't: with a straight apostrophe or a grave accent. */
export function clitic(text: string): string {
  return word(text)
    .replace(/&apos;|[\u0092\u2019]/g, "'")
    .replace(/[\u0091\u2018\u201b]/g, '`');
}

/** The token has spaces inside: they become no-break spaces. */
export function spaced(text: string): string {
  return text.replace(/ /g, '\u00a0');
}
export const phone = (text: string) => spaced(text).replace(/[()]/g, brackets);
/** Of a smiley, only round brackets are named. */
export const smiley = (text: string) => text.replace(/[()]/g, brackets);

/** Words as Java's word breaks see them: ideographs and kana stand apart, a dash or a dot joins letters. */
const IN_WORD = String.raw`(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc])[\p{L}\p{M}\p{N}\p{Cf}]`;
const JOINS = String.raw`(?<=\p{L}[\p{M}\p{Cf}]*)[\p{Pd}\p{Pc}\u00ad'.\u2027](?=\p{L})`;
const WORD = new RegExp(`(?:${IN_WORD})+(?:${JOINS}(?:${IN_WORD})+)*`, 'gu');

/** Java's lower case. It differs from JavaScript's where a word ends, which decides on the final sigma. */
export function lowerCase(token: string): string {
  if (!token.includes('Σ')) return token.toLowerCase();
  const cased = (text: string) => /\p{Cased}/u.test(text);
  const sigmas = (text: string) =>
    text.replace(/Σ/g, (_, at: number) =>
      cased(text.slice(0, at)) && !cased(text.slice(at + 1)) ? 'ς' : 'σ',
    );
  return token.replace(WORD, sigmas).replace(/Σ/g, 'σ').toLowerCase();
}
