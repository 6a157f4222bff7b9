/**
 * The regular expressions that tokenizer files may hold.
 *
 * A file is data from elsewhere, and a pattern like `(a+)+$` in it would hold up the process for ever at the first
 * unlucky text: JavaScript's engine knows no time limit, and no cheap test tells such a pattern from a harmless one.
 * The published tokenizers share a handful of them, so those are known by heart, and a new one is added here by a
 * person who has looked at it. That also spares translating Oniguruma's syntax, and gives its letters (unicode.ts).
 */
import { LETTER, NUMBER, SPACE } from './unicode';

const ENGLISH_ENDINGS = `'s|'t|'re|'ve|'m|'ll|'d`;
const clipWords = (specials: string) =>
  new RegExp(`${specials}${ENGLISH_ENDINGS}|${LETTER}+|${NUMBER}|[^${SPACE}${LETTER}${NUMBER}]+`, 'gv');

/** GPT-2's words: a word keeps the space before it. Built into the `ByteLevel` pre-tokenizer. */
export const GPT2_WORDS = new RegExp(
  `${ENGLISH_ENDINGS}| ?${LETTER}+| ?${NUMBER}+| ?[^${SPACE}${LETTER}${NUMBER}]+|` +
    `${SPACE}+(?!\\P{White_Space})|${SPACE}+`,
  'gv',
);

const SPECIALS = '<\\|startoftext\\|>|<\\|endoftext\\|>|';

/** By how they are written in tokenizer.json. */
export const KNOWN_PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  // CLIP: normaliser, words in files of transformers before and since 5.
  ['\\s+', new RegExp(`${SPACE}+`, 'gv')],
  [`${ENGLISH_ENDINGS}|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`, clipWords('')],
  [`${SPECIALS}${ENGLISH_ENDINGS}|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`, clipWords(SPECIALS)],
  // T5 as converted by transformers 4.
  [' {2,}', / {2,}/gu],
]);
