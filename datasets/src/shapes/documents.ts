/**
 * Texts for training language models: what is said of an imaginary scene, then what follows from it: questions with
 * their answers, and captions of the same scene. No picture is behind them.
 *
 * Every context names each object of its scene, so that nothing is asked that it does not tell.
 */
import { COLORS } from './names';
import { type Question, type QuestionKind, questionsOf } from './questions';
import { type CaptionOptions, shapesSettings, type ShapesSettings } from './options';
import { hash32, Random } from './random';
import { drawLayout, type Placed, type Split } from './scene';
import { drawStatement, nameOf, type Statement, type Thing, wordsOf } from './statements';

/** What a turn asks for. */
export type TurnKind = QuestionKind | 'fact' | 'caption';

/** Something to be written after a context. */
export interface Turn {
  kind: TurnKind;
  /** The question; of a caption its first words, `a photo of` or none. */
  prompt: string;
  answer: string;
}

/** Statements about an imaginary scene, with questions and answers. */
export interface TextDocument {
  context: string;
  turns: Turn[];
}

/** What a document holds. */
export interface DocumentOptions {
  /** Names the draw; 0 unless given. */
  seed?: number;
  /** Scenes of one split have no set of colors and shapes in common with those of another. `train` unless given. */
  split?: Split;
  /** How many objects a scene has, 1 to 3; of a list one is drawn. All unless given. */
  objects?: readonly number[];
  /** Questions and captions after each context; 2 unless given. */
  turns?: number;
  /** How often a turn is a caption; 0.25 unless given. */
  captionProbability?: number;
  /** What is known of objects without being seen: asked as often as any other kind. */
  facts?: (objects: readonly Placed[]) => readonly Omit<Question, 'kind'>[];
}

/** What stands before a caption. */
const OPENINGS = ['a photo of', 'a picture of', 'an image of', 'a simple drawing of', 'there is'] as const;
const CAPTION: CaptionOptions = {
  objects: 1,
  order: 'random',
  sizeProbability: 0.5,
  relationProbability: 0.7,
  perScene: 1,
};

/** Document `index`: it depends on nothing else than its options. */
export function drawDocument(index: number, options: DocumentOptions = {}): TextDocument {
  const { seed = 0, split = 'train', objects = [1, 2, 3], turns = 2, captionProbability = 0.25 } = options;
  const path = ['documents', seed, split, index];
  const random = new Random(...path);
  const scene = drawImaginary(random.pick(objects), split, random);
  const said = drawContext(scene, random);
  const questions = questionsAbout(scene, said, path, options);
  const turn = (): Turn =>
    (random.chance(captionProbability) ? undefined : drawQuestion(questions, random)) ??
    drawCaption(scene, said, random);
  return { context: wordsOfContext(said, random), turns: Array.from({ length: turns }, turn) };
}

/** All that there is in any Shapes world. */
const worldOf = (objects: number): ShapesSettings =>
  shapesSettings({ cells: 4, colors: 8, shapes: 6, sizes: 2, objects, captions: { objects: 1 } });

/** Objects in canonical order. */
function drawImaginary(objects: number, split: Split, random: Random): Placed[] {
  const settings = worldOf(objects);
  for (;;) {
    const scene = drawLayout(random, settings);
    if (splitOfWords(scene) === split) return scene;
  }
}

/** By colors and shapes alone: no caption that names them all belongs to two splits. 70%, 10%, 20% of all sets. */
function splitOfWords(scene: readonly Placed[]): Split {
  const words = scene.map(({ color, shape }) => `${color} ${shape}`).sort();
  const share = hash32(words.join('; ')) / 4294967296;
  return share < 0.7 ? 'train' : share < 0.8 ? 'validation' : 'test';
}

/** A statement of all objects. Sizes are mostly said of all or none: only then can objects be counted by size. */
function drawContext(scene: readonly Placed[], random: Random): Statement {
  const sizeProbability = random.pick([0, 0.5, 1, 1]);
  const options = { ...CAPTION, objects: scene.length, sizeProbability };
  return drawStatement(scene, random, options);
}

/** In the words of captions, or as names in a row, or as sentences. */
function wordsOfContext(said: Statement, random: Random): string {
  const opening = random.chance(0.5) ? `${random.pick(OPENINGS)} ` : '';
  const form = random.pick(['caption', 'caption', 'names', 'sentences']);
  if (said.relations.length > 0 || form === 'caption') return `${opening}${wordsOf(said)}`;
  if (form === 'names') return said.things.map((thing) => nameOf(thing).replace(/^an? /, '')).join(', ');
  return said.things.map((thing) => `${opening}${nameOf(thing)}.`).join(' ');
}

/** Questions that the context answers. */
function questionsAbout(
  scene: readonly Placed[],
  { things }: Statement,
  path: readonly (string | number)[],
  { facts = () => [] }: DocumentOptions,
): Map<TurnKind, Turn[]> {
  const settings = worldOf(scene.length);
  const sized = things.filter(({ size }) => size !== undefined);
  const isTold = ({ kind, question }: Question) =>
    kind === 'size'
      ? sized.some(({ shape }) => question.endsWith(` ${shape}?`))
      : kind !== 'count' || sized.length === things.length;
  const turns: Turn[] = [
    ...questionsOf(scene, path, settings).filter(isTold),
    ...absent(scene, new Random(...path, 'absent')),
    ...facts(scene).map(({ question, answer }) => ({ kind: 'fact' as const, question, answer })),
  ].map(({ kind, question, answer }) => ({ kind, prompt: question, answer }));
  const kinds = new Map<TurnKind, Turn[]>();
  for (const turn of turns) kinds.set(turn.kind, [...(kinds.get(turn.kind) ?? []), turn]);
  return kinds;
}

/** A single object leaves nothing to be mixed up: whether it is there in another color. */
function absent(scene: readonly Placed[], random: Random): Question[] {
  if (scene.length > 1) return [];
  const [{ color, shape }] = scene;
  const other = random.pick(COLORS.filter((one) => one !== color));
  return [{ kind: 'exists', question: `is there ${nameOf({ color: other, shape })}?`, answer: 'no' }];
}

/** Each kind as often as any other, nothing twice; undefined if all has been asked. */
function drawQuestion(questions: Map<TurnKind, Turn[]>, random: Random): Turn | undefined {
  if (questions.size === 0) return undefined;
  const kind = random.pick([...questions.keys()]);
  const left = questions.get(kind)!;
  const turn = random.pick(left);
  if (left.length > 1)
    questions.set(
      kind,
      left.filter((one) => one !== turn),
    );
  else questions.delete(kind);
  return turn;
}

/** A caption of some of the objects, that says nothing which the context does not tell. */
function drawCaption(scene: readonly Placed[], said: Statement, random: Random): Turn {
  const drawn = drawStatement(scene, random, { ...CAPTION, objects: 1 + random.below(scene.length) });
  const things = drawn.things.map((thing) => withSizeOf(thing, said));
  const relations = areTold(drawn, said) ? drawn.relations : [];
  const prompt = random.chance(0.3) ? random.pick(OPENINGS) : '';
  return { kind: 'caption', prompt, answer: wordsOf({ things, relations }) };
}

/** A context relates its first object to each of the others, but not those to each other. */
function areTold({ things }: Statement, said: Statement): boolean {
  if (said.relations.length === 0) return false;
  const first = things.findIndex((thing) => isSame(thing, said.things[0]));
  return first === 0 || (first === 1 && things.length === 2);
}

const isSame = (a: Thing, b: Thing): boolean => a.color === b.color && a.shape === b.shape;

/** Without a size where the context gives none. */
function withSizeOf(thing: Thing, { things }: Statement): Thing {
  const { color, shape, size } = thing;
  const told = things.find((other) => isSame(other, thing))!.size !== undefined;
  return told && size ? { size, color, shape } : { color, shape };
}
