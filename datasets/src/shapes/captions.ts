/** Captions of a scene, and for each the false captions that differ from it by one exchange. */
import { type CaptionOptions } from './options';
import { drawForm } from './phrasing';
import { Random } from './random';
import { type Placed, type Relation, type Size } from './scene';
import { drawStatement, judge, type Statement, type Thing, wordsOf } from './statements';

/**
 * What is exchanged in a caption:
 * - `color`, `shape`, `size`: between its first two objects (of one object: the color or shape of another in the
 *   scene, the other size);
 * - `order`: its first two objects, the relation staying;
 * - `axis`: the first relation's word (above ↔ left of, below ↔ right of).
 */
export type Swap = 'color' | 'shape' | 'size' | 'order' | 'axis';
/** The exchanges that make false captions of true ones. */
export const SWAPS: readonly Swap[] = ['color', 'shape', 'size', 'order', 'axis'];

/** The exchanges that a caption admits. Each text is false of the scene. */
export type SwappedCaptions = Partial<Record<Swap, string>>;

/** `options.perScene` true captions, and what false ones come of each. */
export function drawCaptions(
  objects: readonly Placed[],
  path: readonly (string | number)[],
  options: CaptionOptions,
): { captions: string[]; swaps: SwappedCaptions[] } {
  const drawn = Array.from({ length: options.perScene }, (_, i) => {
    const statement = drawStatement(objects, new Random(...path, 'caption', i), options);
    const say = drawForm(statement, options.phrasing ?? 'plain', new Random(...path, 'phrasing', i));
    return { caption: say(statement), swaps: swapsOf(statement, objects, say) };
  });
  return { captions: drawn.map(({ caption }) => caption), swaps: drawn.map(({ swaps }) => swaps) };
}

/** Every exchange that makes a statement false of the scene, in the words that `say` puts it in. */
export function swapsOf(
  statement: Statement,
  objects: readonly Placed[],
  say: (statement: Statement) => string = wordsOf,
): SwappedCaptions {
  const swapped: SwappedCaptions = {};
  for (const swap of SWAPS) {
    const other = exchange(swap, statement, objects);
    if (other && !judge(other, objects).right) swapped[swap] = say(other);
  }
  return swapped;
}

const OTHER_AXIS: Record<Relation, Relation> = {
  above: 'left of',
  'left of': 'above',
  below: 'right of',
  'right of': 'below',
};
const OTHER_SIZE: Record<Size, Size> = { small: 'large', medium: 'medium', large: 'small' };

function exchange(swap: Swap, statement: Statement, objects: readonly Placed[]): Statement | undefined {
  const { things, relations } = statement;
  const [first, second, ...rest] = things as [Thing, ...Thing[]];
  const [relation, ...otherRelations] = relations;
  switch (swap) {
    case 'axis':
      return relation && { things, relations: [OTHER_AXIS[relation], ...otherRelations] };
    case 'order':
      return relation && second && { things: [second, first, ...rest], relations };
    default:
      if (second) {
        if (first[swap] === undefined || second[swap] === undefined) return undefined;
        const a: Thing = { ...first, [swap]: second[swap] };
        const b: Thing = { ...second, [swap]: first[swap] };
        return { things: [a, b, ...rest], relations };
      }
      return exchangeOfOne(swap, first, objects);
  }
}

function exchangeOfOne(
  swap: 'color' | 'shape' | 'size',
  thing: Thing,
  objects: readonly Placed[],
): Statement | undefined {
  if (swap === 'size') {
    return thing.size && { things: [{ ...thing, size: OTHER_SIZE[thing.size] }], relations: [] };
  }
  const other = objects.find((object) => object.color !== thing.color);
  return other && { things: [{ ...thing, [swap]: other[swap] }], relations: [] };
}
