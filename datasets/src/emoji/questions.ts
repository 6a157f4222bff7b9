/** Questions about an emoji, from the group that Unicode puts it in: what it is, one of two, yes or no. */
import { Random } from '../shapes/random';
import type { EmojiConcept } from './source';

/** A question about an emoji, with its answer. */
export interface EmojiQuestion {
  kind: 'what' | 'which' | 'is';
  question: string;
  answer: string;
}

/** What it is, by Unicode's subgroup or the beginning of its name. What belongs to none is not asked about. */
const CLASSES: readonly (readonly [subgroups: readonly string[], name: string])[] = [
  [['cat-face', 'monkey-face', 'animal-'], 'animal'],
  [['face-'], 'face'],
  [['heart'], 'heart'],
  [['hand-fingers', 'hand-single', 'hands'], 'hand'],
  [
    [
      'person',
      'person-gesture',
      'person-role',
      'person-fantasy',
      'person-activity',
      'person-sport',
      'family',
    ],
    'person',
  ],
  [['plant-'], 'plant'],
  [['food-'], 'food'],
  [['drink'], 'drink'],
  [['place-'], 'place'],
  [['transport-ground', 'transport-water', 'transport-air'], 'vehicle'],
  [['time'], 'clock'],
  [['sport', 'game'], 'game'],
  [['clothing'], 'clothing'],
  [['musical-instrument'], 'instrument'],
  [['tool'], 'tool'],
  [['arrow', 'av-symbol', 'transport-sign', 'warning', 'religion', 'zodiac', 'alphanum', 'keycap'], 'sign'],
];

const WITHOUT_ARTICLE: readonly string[] = ['food', 'clothing'];

/** What an emoji is: `animal`; undefined where its group is a mixture. */
export function emojiClass({ subgroup }: EmojiConcept): string | undefined {
  const fits = (pattern: string) =>
    pattern.endsWith('-') || pattern.startsWith('hand-')
      ? subgroup.startsWith(pattern)
      : subgroup === pattern;
  return CLASSES.find(([patterns]) => patterns.some(fits))?.[1];
}

/**
 * The questions about each of the concepts, by its number. What is wrong is drawn as often as it is right elsewhere, and
 * so is the order in "an animal or a tool?": hardly anything in a question gives its answer away.
 */
export function emojiQuestions(concepts: readonly EmojiConcept[]): EmojiQuestion[][] {
  const classes = concepts.map(emojiClass);
  const known = classes.filter((name) => name !== undefined);
  return concepts.map(({ id }, i) => {
    const own = classes[i];
    const others = known.filter((name) => name !== own);
    if (own === undefined || others.length === 0) return [];
    const random = new Random('emoji', 'questions', id);
    const either = random.sample([own, random.pick(others)], 2);
    const isTrue = random.chance(0.5);
    const said = isTrue ? own : random.pick(others);
    return [
      { kind: 'what', question: 'what is it?', answer: own },
      { kind: 'which', question: `is it ${either.map(withArticle).join(' or ')}?`, answer: own },
      { kind: 'is', question: `is it ${withArticle(said)}?`, answer: isTrue ? 'yes' : 'no' },
    ];
  });
}

function withArticle(name: string): string {
  if (WITHOUT_ARTICLE.includes(name)) return name;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}
