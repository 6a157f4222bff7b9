/**
 * Pieces of the reference tokenizer's grammar: sources of regular expressions over UTF-16 units (no u flag). A class in
 * brackets is exact; a word written through `caseless` stands for upper and lower case.
 */
import { capitals, digits, letters, marks } from './characters';

const raw = String.raw;

/** What has a letter for its other case, beside that letter itself: dotted and dotless i, Kelvin sign, long s. */
const MORE_CASES: Record<string, string> = { i: '\u0130\u0131', k: '\u212a', s: '\u017f' };

/** Small letters outside brackets stand for either case. */
export function caseless(source: string): string {
  const either = (letter: string) => `[${letter}${letter.toUpperCase()}${MORE_CASES[letter] ?? ''}]`;
  const parts = /\\.|\[[^\]]*\]|[a-z]/g; // what is escaped, classes, letters
  return `(?:${source.replace(parts, (part) => (part.length === 1 ? either(part) : part))})`;
}

/** A character written as in XML. */
export const entity = (names: string) => `&${caseless(names)};`;

const spaces = raw` \t\u00a0\u2000-\u200a\u3000`;
export const space = `[${spaces}]`;
/** A space or the end of a caption (a line break; the other one, U+0085, is a token of its own all the same). */
export const blank = raw`[${spaces}\n\u0085]`;

export const digit = `[${digits}]`;
/** A letter in the narrow sense. */
export const letter = `[${letters}]`;
const letterOrDigit = `[${letters}${digits}]`;

const accented = raw`&[aeiouAEIOU]${caseless('acute|grave|uml')};`;
/** What words are made of: letters, accents, soft hyphens, é as `&eacute;`. */
export const wordLetter = `(?:[${letters}${marks}\u00ad]|${accented})`;
const wordPart = `(?:[${letters}${marks}\u00ad${digits}]|${accented})`;
export const word = `${wordLetter}${wordPart}*(?:[.!?]${wordLetter}${wordPart}*)*`;

export const apostrophe = raw`(?:['\u0092\u2019]|${entity('apos')})`;
/** What is typed for an apostrophe, opening quotes included. */
export const looseApostrophe = raw`(?:['\x60\u0091\u0092\u2018\u2019\u201b]|${entity('apos')})`;
/** 's, 'm, 'd, 're, 've, 'll. */
export const clitic = `${apostrophe}(?:[msdMSD]|${caseless('re|ve|ll')})`;
export const not = `[nN]${looseApostrophe}[tT]`;

const decimals = raw`${digit}*(?:[.:,\u00ad\u066b\u066c]${digit}+)+`;
/** 1,000.5, 10:30, .5, -5. */
export const number = `[-+]?(?:${decimals}|${digit}+)`;

const nations = `${caseless('canada|sino|korean|eu|japan|non')}-${caseless('u\\.s')}|${caseless('u\\.s\\.-(?:u\\.s\\.s\\.r|u\\.k)')}`;
/** U.S, a.m, or one letter; without the last full stop. */
export const acronym = raw`(?:${nations}|[A-Za-z])(?:\.[A-Za-z])*`;
/** An acronym of at least two letters. */
export const longAcronym = raw`(?:(?:${nations})(?:\.[A-Za-z])*|[A-Za-z](?:\.[A-Za-z])+)`;

const name = raw`[A-Za-z][A-Za-z0-9_:.-]*`;
const attributes = raw`(?: +${name}(?: *= *(?:'[^\r\n']*'|"[^\r\n"]*"))?)*`;
/** A tag, a comment, a processing instruction. */
export const markup = raw`<(?:[!?][A-Za-z-][^>\r\n]*|/${name}${attributes} *|${name}${attributes} */? *)>`;

/** The end of a sentence after an abbreviation. */
export const sentenceEnd = `${blank}(?:${blank}|[${capitals}]|${markup})`;

const elision = `(?:[dDoOlL]${looseApostrophe}${letterOrDigit})?`;
/** 10am, x-ray, H2O, snake_case, l'eau, coup-d'oeil. */
export const compound = raw`${elision}${letterOrDigit}+(?:[-_\u058a\u2010\u2011]${elision}${letterOrDigit}+)*`;
/** 3.5-inch, U.S.-based, mid-U.S. */
export const dotted = raw`[A-Za-z0-9][A-Za-z0-9.,\u00ad]*(?:-(?:${longAcronym}\.|[A-Za-z0-9\u00ad]+))+`;
/** AT&T. */
export const joined = raw`[A-Z]+(?:(?:${entity('amp')}|[+&])[A-Z]+)+`;
const hyphenated = '[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}';
/** and/or, a/b/c, black-and-white/grey. */
export const slashed = raw`${hyphenated}(?:\\?/${hyphenated}){1,2}`;
/** In front of `.` and an extension: letters, digits, dots. */
export const fileStem = raw`${wordPart}+(?:\.${wordPart}+)*`;

const phoneEnd = raw`[0-9]{3,4}[- \u00a0]?[0-9]{3,5}`;
const phoneStart = raw`(?:\([0-9]{2,3}\)[ \u00a0]?|(?:\+\+?)?(?:[0-9]{2,4}[- \u00a0])?[0-9]{2,4}[- \u00a0])`;
const phoneDotted = raw`(?:(?:\+\+?)?[0-9]{2,4}\.)?[0-9]{2,4}\.[0-9]{3,4}\.[0-9]{3,5}`;
/** A telephone number, or what looks like one: `200 300 4000`. */
export const phone = `${phoneStart}${phoneEnd}|${phoneDotted}`;

/** The last character of an address is no punctuation. */
const addressEnd = raw`[^ \t\n\f\r"<>|.!?(){},-]`;
export const url = raw`${caseless('https?')}://[^ \t\n\f\r"<>|(){}]+${addressEnd}`;
const host = raw`${caseless('www')}\.(?:[^ \t\n\f\r"<>|.!?(){},]+\.)+[a-zA-Z]{2,4}`;
// The range from comma to underscore may have been meant as three characters; it leaves out capitals and digits.
const bareHost = raw`(?:[^ \t\n\f\r"\x60'<>|.!?(){},-_$]+\.)+${caseless('com|net|org|edu')}`;
/** www.x.org/y, x.com. */
export const likelyUrl = raw`(?:${host}|${bareHost})(?:/[^ \t\n\f\r"<>|()]+${addressEnd})?`;
const mailbox = raw`[a-zA-Z0-9][^ \t\n\f\r"<>|()\u00a0{}]*`;
const domain = raw`(?:[^ \t\n\f\r"<>|(){}.\u00a0]+\.)*[^ \t\n\f\r"<>|(){}.\u00a0]+`;
export const email = `(?:${entity('lt')}|<)?${mailbox}@${domain}(?:${entity('gt')}|>)?`;

/** Spellings with an apostrophe inside that are one word. */
export const apostropheWords = [
  `${apostrophe}[nN]${apostrophe}?`,
  `[lLdDjJ]${apostrophe}`,
  `${caseless('dunkin|somethin|ol')}${apostrophe}`,
  `${apostrophe}${caseless('em|till?|cause|[2-9]0s')}`,
  caseless("c'mon|cont'd\\.?|nor'easter|e'er|s'mores|ev'ry|li'l|nat'l"),
  `[oO]${looseApostrophe}[oO]`,
  `${letter}+[aeiouyAEIOUY]${looseApostrophe}[aeiouA-Z]${letter}*`, // ma'am, Hawai'i
].join('|');

/** Odd ones out. */
export const fixedWords = [
  `-${caseless('rrb|lrb|rcb|lcb|rsb|lsb')}-`,
  caseless('c\\.d\\.s|pro-|anti-'),
  `${caseless('s')}(?:&|${entity('amp')})${caseless('p-500|ls')}`,
  `${caseless('cap')}${apostrophe}[nN]`,
  `[cC]${apostrophe}${caseless('est')}`,
].join('|');

export const smiley = raw`[<>]?[:;=][-o*']?[()DPdpO\\{@|\[\]]`;
export const asianSmiley = raw`[-^x=~<>']_[-^x=~<>']|\([-^x=~<>'][_.]?[-^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'\x60]\)`;
