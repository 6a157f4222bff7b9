/**
 * Caption and question clean-up as LAVIS does it before tokenising
 * (lavis/processors/blip_processors.py: BlipCaptionProcessor, BlipQuestionProcessor).
 */

const MARKS = /[.!"()*#:;~]/g;
const MAX_WORDS = 50;

function firstWords(text: string, count: number): string {
  return text.split(' ').slice(0, count).join(' ');
}

/**
 * Lower-cases, turns `. ! " ( ) * # : ; ~` into spaces, squeezes runs of white space, trims, keeps the first words.
 * A prompt, where a recipe has one, is put in front afterwards and is neither cleaned nor counted.
 */
export function cleanCaption(text: string, maxWords: number = MAX_WORDS): string {
  const spaced = text
    .toLowerCase()
    .replace(MARKS, ' ')
    .replace(/\s{2,}/g, ' ');
  return firstWords(spaced.replace(/\n+$/, '').replace(/^ +| +$/g, ''), maxWords);
}

/** As `cleanCaption`, but the marks are removed instead of becoming spaces, and only trailing spaces go. */
export function cleanQuestion(text: string, maxWords: number = MAX_WORDS): string {
  return firstWords(text.toLowerCase().replace(MARKS, '').replace(/ +$/, ''), maxWords);
}
