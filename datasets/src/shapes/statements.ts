/**
 * What a caption says, as data: drawn from a scene, put into words, read back from words, held against a scene.
 *
 *   a [size] color shape                                     one object
 *   a … REL a …          a … REL a … and REL a …             the first object, and how it lies to the others
 *   a … and a …          a …, a … and a …                    a list
 */
import { COLORS, type Color, SHAPES, type Shape } from './names';
import { type CaptionOptions } from './options';
import { type Random } from './random';
import { type Placed, type Relation, relationOf, type Size } from './scene';

/** An object as a caption names it; without a size where none is said. */
export interface Thing {
  size?: Size;
  color: Color;
  shape: Shape;
}

/** `relations[i]` is how `things[0]` lies to `things[i + 1]`; empty in a list, where nothing is said of it. */
export interface Statement {
  things: Thing[];
  relations: Relation[];
}

/** How one object may lie to another, in words. */
export const RELATIONS: readonly Relation[] = ['above', 'below', 'left of', 'right of'];

/** Draws something true to say. Objects are in canonical order (see `Scene.objects`). */
export function drawStatement(
  objects: readonly Placed[],
  random: Random,
  options: CaptionOptions,
): Statement {
  const count = typeof options.objects === 'number' ? options.objects : random.pick(options.objects);
  let named = random.sample(objects, count);
  if (options.order === 'canonical') named = objects.filter((object) => named.includes(object));
  const things = named.map(({ size, color, shape }): Thing => {
    return random.chance(options.sizeProbability) ? { size, color, shape } : { color, shape };
  });
  const [first, ...others] = named as [Placed, ...Placed[]];
  const related = random.chance(options.relationProbability);
  return { things, relations: related ? others.map((other) => relationOf(first, other)) : [] };
}

/** `{ color: 'orange', shape: 'star' }` → `an orange star`. */
export function nameOf(thing: Thing): string {
  const words = [thing.size, thing.color, thing.shape].filter((word) => word !== undefined).join(' ');
  return `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;
}

/** Puts a statement into words. */
export function wordsOf({ things, relations }: Statement): string {
  const names = things.map(nameOf);
  if (relations.length > 0) {
    return `${names[0]} ${relations.map((relation, i) => `${relation} ${names[i + 1]}`).join(' and ')}`;
  }
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const THING = `an? (?:(small|medium|large) )?(${COLORS.join('|')}) (${SHAPES.join('|')})`;
const RELATION = `(?:${RELATIONS.join('|')})`;
const FORM = new RegExp(
  `^${THING}(?:(?: ${RELATION} ${THING}(?: and ${RELATION} ${THING})?)?|(?:, ${THING})? and ${THING})$`,
);

/** Reads words of the forms above (a model's, for instance); undefined for anything else. */
export function readStatement(text: string): Statement | undefined {
  if (!FORM.test(text)) return undefined;
  const things = [...text.matchAll(new RegExp(THING, 'g'))].map(([, size, color, shape]) => ({
    ...(size === undefined ? {} : { size: size as Size }),
    color: color as Color,
    shape: shape as Shape,
  }));
  const relations = [...text.matchAll(new RegExp(RELATION, 'g'))].map(([words]) => words as Relation);
  return { things, relations };
}

/** The object that a thing names, if it is there (colors and shapes differ within a scene: at most one). */
export function findObject<T extends Placed>(objects: readonly T[], thing: Thing): T | undefined {
  return objects.find(
    (object) =>
      object.color === thing.color &&
      object.shape === thing.shape &&
      (thing.size === undefined || object.size === thing.size),
  );
}

/** How much of a caption holds of a scene. */
export interface Judgement {
  /** Everything that it says holds. */
  right: boolean;
  /** It has one of the forms of a caption. */
  readable: boolean;
  /** Objects that it names, and those of them that are there. */
  things: number;
  thingsRight: number;
  /** Relations that it names, and those of them that hold. */
  relations: number;
  relationsRight: number;
}

/** Holds a caption against the objects of a scene. */
export function judgeCaption(text: string, objects: readonly Placed[]): Judgement {
  const statement = readStatement(text);
  return statement ? judge(statement, objects) : { ...NOTHING_SAID };
}

const NOTHING_SAID: Judgement = {
  right: false,
  readable: false,
  things: 0,
  thingsRight: 0,
  relations: 0,
  relationsRight: 0,
};

/** Holds a statement against the objects of a scene. An object named twice is right only once. */
export function judge({ things, relations }: Statement, objects: readonly Placed[]): Judgement {
  const found = things.map((thing) => findObject(objects, thing));
  const thingsRight = new Set(found.filter((object) => object !== undefined)).size;
  const relationsRight = relations.filter((relation, i) => {
    const [first, other] = [found[0], found[i + 1]];
    return first && other && first !== other && relationOf(first, other) === relation;
  }).length;
  return {
    right: thingsRight === things.length && relationsRight === relations.length,
    readable: true,
    things: things.length,
    thingsRight,
    relations: relations.length,
    relationsRight,
  };
}
