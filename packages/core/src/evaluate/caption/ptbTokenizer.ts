/**
 * The tokens that caption metrics count: Stanford CoreNLP 3.4.1's PTBTokenizer (`-preserveLines -lowerCase`), then
 * without punctuation, as pycocoevalcap does it. Treebank habits: `dog's` → `dog 's`, `isn't` → `is n't`, `cannot` →
 * `can not`, `(` → `-lrb-`, `£` → `#`; emoji and other signs that it does not know are dropped.
 */
import { strip } from '../vqa/python';
import { lexer } from './ptb/lexer';
import { PLAIN_WORD, RULES } from './ptb/rules';
import { lowerCase } from './ptb/write';

/** Dropped. Brackets are in the reference's list too, in capitals, which no token is in after lower-casing. */
const PUNCTUATION = new Set(["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';']);

/** Made at first use: its expressions are long. */
let tokensOf: ReturnType<typeof lexer> | undefined;

/** Whatever the tokenizer takes for a line break; the reference replaces \n alone and loses step at the others. */
const LINE_BREAK = /[\n\v\f\r\u2028\u2029]/g;

/** Python's rstrip. */
const stripEnd = (text: string) => strip(`.${text}`).slice(1);

/**
 * All tokens of each caption, in small letters, punctuation included.
 * @param captions in the order in which they are scored: an abbreviation at the end of a caption is read together with
 *   the beginning of the next (`etc.` before `The` ends a sentence), as in the reference, which joins them by line breaks
 */
export function ptbTokens(captions: readonly string[]): string[][] {
  if (captions.length === 0) return [];
  tokensOf ??= lexer(RULES, PLAIN_WORD);
  const text = captions.map((caption) => caption.replace(LINE_BREAK, ' ')).join('\n');
  const lines: string[][] = [[]];
  for (const token of tokensOf(text)) {
    if (token === '\n') lines.push([]);
    else lines[lines.length - 1].push(lowerCase(token));
  }
  return lines;
}

/**
 * Captions as metrics count them: without punctuation, tokens joined by single spaces. A few tokens hold a no-break
 * space themselves (`1 1/2`).
 * @param captions see `ptbTokens`
 */
export function ptbTokenize(captions: readonly string[]): string[] {
  return ptbTokens(captions).map((tokens) =>
    stripEnd(tokens.join(' '))
      .split(' ')
      .filter((token) => !PUNCTUATION.has(token))
      .join(' '),
  );
}
