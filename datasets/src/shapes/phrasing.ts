/**
 * The same statements in other words, for a world whose captions were written by others: as Flickr30K's are beside
 * COCO's.
 *
 *   there is a red circle above a blue square
 *   a picture of a red circle above a blue square
 *   the red circle is above the blue square              only of objects whose relation is said
 */
import { type Random } from './random';
import { RELATIONS, type Statement, wordsOf } from './statements';

/** `plain`: as `wordsOf` says it; `sentences`: one of the forms above. */
export const PHRASINGS = ['plain', 'sentences'] as const;
/** How captions are worded. */
export type Phrasing = (typeof PHRASINGS)[number];

type Say = (statement: Statement) => string;

const OPENINGS = ['there is', 'a picture of'];
const ARTICLE = /\ban? /g;

const opened =
  (opening: string): Say =>
  (statement) =>
    `${opening} ${wordsOf(statement)}`;

const definite: Say = (statement) => {
  const words = wordsOf(statement).replace(ARTICLE, 'the ');
  return words.replace(` ${statement.relations[0]} `, ` is ${statement.relations[0]} `);
};

/** A form that suits a statement: the same for what false ones come of it. */
export function drawForm(statement: Statement, phrasing: Phrasing, random: Random): Say {
  if (phrasing === 'plain') return wordsOf;
  const forms = OPENINGS.map(opened);
  return random.pick(statement.relations.length > 0 ? [...forms, definite] : forms);
}

const OPENING = new RegExp(`^(?:${OPENINGS.join('|')}) `);
const IS = new RegExp(` is (?=${RELATIONS.join('|')})`);
const DEFINITE = /\bthe (\w)/g;

/** What a sentence says, in the words of `wordsOf`; other words stay as they are. */
export function plainWords(text: string): string {
  return text
    .replace(OPENING, '')
    .replace(IS, ' ')
    .replace(DEFINITE, (_, first: string) => `${/[aeiou]/.test(first) ? 'an' : 'a'} ${first}`);
}
