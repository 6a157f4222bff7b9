/** Questions about a scene, each with one right answer: colors and shapes differ within a scene. */
import { type ShapesSettings } from './options';
import { Random } from './random';
import { type Placed } from './scene';
import { nameOf } from './statements';

/** What a question asks for. */
export type QuestionKind = 'color' | 'shape' | 'size' | 'exists' | 'count';

/** A question about a scene, with its answer. */
export interface Question {
  kind: QuestionKind;
  question: string;
  /** One word; a number in figures. */
  answer: string;
}

/**
 * The color, shape and (where there are two sizes) size of each object; an object that is there and one whose
 * color and shape are both there, but not together; how many objects are large or small (of two sizes).
 */
export function questionsOf(
  objects: readonly Placed[],
  path: readonly (string | number)[],
  settings: ShapesSettings,
): Question[] {
  const random = new Random(...path, 'questions');
  const questions: Question[] = [];
  const ask = (kind: QuestionKind, question: string, answer: string) => {
    questions.push({ kind, question, answer });
  };

  for (const { color, shape, size } of objects) {
    ask('color', `what color is the ${shape}?`, color);
    ask('shape', `what shape is the ${color} object?`, shape);
    if (settings.sizes === 2) ask('size', `what size is the ${shape}?`, size);
  }

  const { color, shape } = random.pick(objects);
  ask('exists', `is there ${nameOf({ color, shape })}?`, 'yes');
  if (objects.length > 1) {
    const [a, b] = random.sample(objects, 2) as [Placed, Placed];
    ask('exists', `is there ${nameOf({ color: a.color, shape: b.shape })}?`, 'no');
  }

  if (settings.sizes === 2) {
    const size = random.pick(['small', 'large'] as const);
    const count = objects.filter((object) => object.size === size).length;
    ask('count', `how many ${size} objects are there?`, String(count));
  }
  return questions;
}
