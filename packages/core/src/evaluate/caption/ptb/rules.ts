/**
 * The reference tokenizer's grammar in our own words, held against what it does with millions of strings. The longest
 * match wins, lookahead (`ahead`) included; of equally long ones the earlier.
 */
import { extensions, mayEnd, numbered, starters, titles } from './abbreviations';
import { signs } from './characters';
import type { Rule } from './lexer';
import * as p from './patterns';
import * as write from './write';

const raw = String.raw;
const firstOfSentence = `${p.blank}+(?:${starters}|${p.markup})${p.blank}`;
const beforePause = raw`[,;:\u3001]`;

const contractions: Rule[] = [
  // can not
  { token: p.caseless('cannot'), giveBack: 3 },
  // gon na, got ta, lem me, gim me, wan na
  { token: p.caseless('gonna|gotta|lemme|gimme|wanna'), giveBack: 2 },
];

const marksFirst: Rule[] = [
  // <br/> is one token
  { token: p.markup, write: write.spaced },
  // dashes of a book
  { token: raw`${p.entity('md|mdash|ndash')}|[\u0096\u0097\u2013-\u2015]`, write: write.as('--') },
  { token: p.entity('amp'), write: write.as('&') },
  // entities that stay
  { token: p.entity('ht|tl|ur|lr|qc|ql|qr|odq|cdq|#[0-9]+') },
];

const words: Rule[] = [
  // dog 's
  { token: p.word, ahead: p.clitic, write: write.word },
  // is n't
  { token: raw`[A-Za-z\u00ad]*[A-MO-Za-mo-z]\u00ad*`, ahead: p.not, write: write.word },
  { token: p.word, write: write.word },
  { token: p.apostropheWords },
  // y' all
  { token: `[yY]${p.apostrophe}`, ahead: p.letter },
  // 't is, 't was
  { token: `'[tT]`, ahead: p.caseless('is|was') },
  { token: p.url },
  { token: p.likelyUrl },
  { token: p.email },
  { token: '@[a-zA-Z_][a-zA-Z_0-9]*' },
  { token: `#${p.wordLetter}+` },
  // N'Djamena, D'Artagnan
  { token: `[A-HJ-XZn]${p.looseApostrophe}${p.letter}{2,}` },
  { token: p.clitic, ahead: '[^A-Za-z]', write: write.clitic },
  { token: p.not, ahead: '[^A-Za-z]', write: write.clitic },
];

const numbers: Rule[] = [
  // 01/02/2003
  { token: `${p.digit}{1,2}[-/]${p.digit}{1,2}[-/]${p.digit}{2,4}` },
  { token: p.number, write: write.word },
  // ², ₂
  { token: raw`[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+|[\u2080-\u2089]+` },
  // 1/2, 1 1/2
  {
    token: raw`(?:${p.digit}{1,4}[- \u00a0])?${p.digit}{1,4}(?:\\?/|\u2044)${p.digit}{1,4}`,
    write: write.spaced,
  },
  { token: raw`[\u00bc\u00bd\u00be\u2153\u2154]`, write: write.sign },
  { token: p.fixedWords, write: write.word },
  // '90
  { token: `${p.apostrophe}[0-9][0-9]`, ahead: p.blank },
  { token: p.slashed },
  // US$, #
  { token: raw`[A-Z]*\$|#` },
];

const abbreviations: Rule[] = [
  // etc. . The
  { token: raw`${mayEnd}\.`, ahead: p.sentenceEnd, giveBack: 1, keep: true },
  { token: raw`${mayEnd}\.`, ahead: '[^][^]' },
  // at the end of the text
  { token: raw`${mayEnd}\.`, giveBack: 1, keep: true },
  { token: raw`${titles}\.` },
  { token: raw`${numbered}\.`, ahead: `${p.blank}?${p.digit}` },
  // U.S. . The; but J . The
  { token: raw`${p.longAcronym}\.`, ahead: firstOfSentence, giveBack: 1, keep: true },
  { token: p.acronym, ahead: raw`\.${firstOfSentence}` },
  { token: raw`${p.acronym}\.` },
  // any word keeps its full stop before a comma
  { token: raw`${p.word}\.`, ahead: beforePause, write: write.word },
  { token: raw`(?:${p.dotted}|${p.compound}|${p.joined})\.`, ahead: beforePause, write: write.word },
  { token: raw`${p.fileStem}\.${extensions}`, ahead: `${p.blank}|[.?!,]` },
  { token: p.phone, write: write.phone },
];

const marks: Rule[] = [
  { token: `"|${p.entity('quot')}`, ahead: '[A-Za-z0-9$]', write: write.straightQuotes('``') },
  { token: `"|${p.entity('quot')}`, write: write.straightQuotes("''") },
  { token: p.entity('lt'), write: write.as('<') },
  { token: p.entity('gt'), write: write.as('>') },
  { token: p.smiley, ahead: '[^A-Za-z0-9]', write: write.smiley },
  { token: p.asianSmiley, write: write.smiley },
  { token: raw`[()\[\]{}]`, write: write.brackets },
  { token: '-{5,}|-' },
  { token: '-{2,4}', write: write.as('--') },
  { token: raw`\.{3,5}|(?:\.[ \u00a0]){2,4}\.|[\u0085\u2026]`, write: write.as('...') },
  { token: raw`(?:\\\*)+|\*+|@+|#+|_+|<<|>>` },
  { token: '[?!]+' },
];

const compounds: Rule[] = [
  { token: p.compound },
  { token: p.dotted, write: write.word },
  { token: p.joined, write: write.word },
  // C++, C#, F#
  { token: raw`[cC]\+\+|[cCfF]#` },
];

const leftOvers: Rule[] = [
  // an opening quote
  { token: `'`, ahead: raw`[A-Za-z][^ \t\n\r\u00a0]`, write: write.as('`') },
  { token: p.clitic, write: write.clitic },
  { token: p.not, write: write.clitic },
  { token: `'|${p.entity('apos')}`, write: write.clitic },
  { token: `''` },
  // quotes of books, alone or two together
  { token: raw`[\x60\u0091-\u0094\u2018-\u201f\u00ab\u00bb\u2039\u203a]{1,2}`, write: write.quotes },
  { token: p.entity('nbsp'), write: write.nothing },
  { token: `${p.space}+`, write: write.nothing },
  // the end of a caption
  { token: '\n' },
  { token: raw`[\u0080\u00a2\u00a3\u00a4\u20a0\u20ac]`, write: write.sign },
  { token: raw`[-.,:;%&+=/\\^|~<>${signs}]` },
  { token: '\u00ad+', write: write.as('-') },
];

/** A word in small letters between single spaces is a token, unless it is a contraction: most of a caption. */
export const PLAIN_WORD = / ?(?!(?:cannot|gonna|gotta|lemme|gimme|wanna) )([a-z]+)(?= )/y;

export const RULES: readonly Rule[] = [
  ...[contractions, marksFirst, words, numbers, abbreviations, marks, compounds, leftOvers].flat(),
];
