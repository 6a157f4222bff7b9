/**
 * The clean-up of answers before VQA accuracy compares them, quirks included (vqaEval.py of GT-Vision-Lab/VQA, as
 * Python 3 runs it; LAVIS's copy is the same).
 */
import { splitWords, strip } from './python';
import { ARTICLES, CONTRACTIONS, DIGITS } from './vocabulary';

const MARKS = [...';/[]"{}()=+\\_-><@`,?!'];
const ANY_MARK = /[;/[\]"{}()=+\\_\-><@`,?!]/;

/** A comma within a number, anywhere in the text: all marks are then deleted. */
const NUMBER_WITH_COMMA = /\p{Nd},\p{Nd}/u;

/** Meant to spare "3.", too; the look-behind is mistyped in the original and never holds anything back. */
const STOP = /\.(?!\p{Nd})/gu;

/** A flag that the original passes in place of a count. */
const MOST_STOPS = 32;

/** Newlines and tabs become spaces, and both ends are trimmed. */
export function flattenAnswer(answer: string): string {
  return strip(answer.replace(/[\n\t]/g, ' '));
}

/**
 * Marks are deleted where one stands beside a space (or a number has a comma), else they become spaces: "t-shirt" gives
 * "t shirt", "x - y" gives "x  y". Full stops go unless a digit follows.
 */
export function cleanPunctuation(answer: string): string {
  return removeStops(ANY_MARK.test(answer) ? removeMarks(answer) : answer);
}

function removeMarks(answer: string): string {
  const hasNumber = NUMBER_WITH_COMMA.test(answer);
  return MARKS.reduce((text, mark) => {
    const deleted = hasNumber || answer.includes(`${mark} `) || answer.includes(` ${mark}`);
    return text.replaceAll(mark, deleted ? '' : ' ');
  }, answer);
}

function removeStops(text: string): string {
  let removed = 0;
  return text.replace(STOP, (stop) => (removed++ < MOST_STOPS ? '' : stop));
}

/** Lower case; number words become digits, articles go, contractions get their apostrophes, spaces become single. */
export function cleanWords(answer: string): string {
  return splitWords(answer.toLowerCase())
    .map((word) => DIGITS.get(word) ?? word)
    .filter((word) => !ARTICLES.has(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

/** Both steps of the clean-up: "Two men." gives "2 men", "dont know" gives "don't know". */
export function normaliseAnswer(answer: string): string {
  return cleanWords(cleanPunctuation(answer));
}
