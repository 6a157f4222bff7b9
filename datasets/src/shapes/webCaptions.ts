/** Captions as the web has them: some right, some of another picture, some half true, some saying nothing. */
import { COLORS, SHAPES } from './names';
import { type ShapesSettings } from './options';
import { Random } from './random';
import { drawLayoutIn, type Placed, type Split } from './scene';
import { drawStatement, judge, type Statement, type Thing, wordsOf } from './statements';

/** What is wrong with a web caption, if anything. */
export type WebCaptionKind = 'right' | 'wrongScene' | 'halfTrue' | 'generic';

/** What the web says of a picture, and what is wrong with it. */
export interface WebCaption {
  text: string;
  /** What is wrong with it: for measuring, never for training. */
  kind: WebCaptionKind;
}

/** Captions that say nothing of the picture. */
export const GENERIC_CAPTIONS: readonly string[] = [
  'a picture of some shapes',
  'colorful shapes on a background',
  'an abstract picture',
  'a simple drawing',
  'free clip art',
  'image of the day',
  'my new wallpaper',
  'click to enlarge',
];

/** Draws the web caption of a scene; `settings.webNoise` has the shares of each kind. */
export function drawWebCaption(
  objects: readonly Placed[],
  split: Split,
  path: readonly (string | number)[],
  settings: ShapesSettings,
): WebCaption {
  const random = new Random(...path, 'web');
  const { wrongScene, halfTrue, generic } = settings.webNoise;
  const lot = random.unit();
  if (lot < wrongScene) {
    return { kind: 'wrongScene', text: wordsOf(otherScene(objects, split, random, settings)) };
  }
  if (lot < wrongScene + halfTrue) {
    const right = drawStatement(objects, random, settings.captions);
    return { kind: 'halfTrue', text: wordsOf(spoiled(right, random, settings)) };
  }
  if (lot < wrongScene + halfTrue + generic) {
    return { kind: 'generic', text: random.pick(GENERIC_CAPTIONS) };
  }
  return { kind: 'right', text: wordsOf(drawStatement(objects, random, settings.captions)) };
}

/** What is said of another scene, of the same split, and is false here. */
function otherScene(
  objects: readonly Placed[],
  split: Split,
  random: Random,
  settings: ShapesSettings,
): Statement {
  for (;;) {
    const statement = drawStatement(drawLayoutIn(split, random, settings), random, settings.captions);
    if (!judge(statement, objects).right) return statement;
  }
}

/** One object gets a color or a shape that it has not; colors and shapes being unique, no other one fits. */
function spoiled({ things, relations }: Statement, random: Random, settings: ShapesSettings): Statement {
  const at = random.below(things.length);
  const thing = things[at];
  const others = {
    color: COLORS.slice(0, settings.colors).filter((color) => color !== thing.color),
    shape: SHAPES.slice(0, settings.shapes).filter((shape) => shape !== thing.shape),
  };
  const kind =
    others.shape.length === 0 || (others.color.length > 0 && random.chance(0.5)) ? 'color' : 'shape';
  const wrong: Thing = { ...thing, [kind]: random.pick<string>(others[kind]) };
  return { things: things.map((other, i) => (i === at ? wrong : other)), relations };
}
