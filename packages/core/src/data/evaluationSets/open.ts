/** Public sets by name: `vqav2?dir=FOLDER&split=val`. */
import { Blip2Error } from '../../runtime';
import { CAPTION_LAYOUTS, CAPTION_SPLITS, readCoco, readFlickr30k, readNocaps } from './captions';
import { gqaLayout, QUESTION_SPLITS, readGqa, readVqa, vqaLayout } from './questions';
import { describeProblem } from './problems';
import type { CaptionSet, QuestionSet } from './set';

/** A set by what is done with it. */
interface SetKind<S> {
  splits: readonly string[];
  read(dir: string, split: string): S;
  layout(split: string): string;
}

const QUESTIONS = {
  vqav2: {
    splits: QUESTION_SPLITS.vqav2,
    read: (dir: string, split: string) => readVqa('vqav2', dir, split),
    layout: (split: string) => vqaLayout('vqav2', split),
  },
  okvqa: {
    splits: QUESTION_SPLITS.okvqa,
    read: (dir: string, split: string) => readVqa('okvqa', dir, split),
    layout: (split: string) => vqaLayout('okvqa', split),
  },
  gqa: { splits: QUESTION_SPLITS.gqa, read: readGqa, layout: gqaLayout },
} satisfies Record<string, SetKind<QuestionSet>>;

const CAPTIONS = {
  nocaps: { splits: CAPTION_SPLITS.nocaps, read: readNocaps, layout: CAPTION_LAYOUTS.nocaps },
  coco: { splits: CAPTION_SPLITS.coco, read: readCoco, layout: CAPTION_LAYOUTS.coco },
  flickr30k: { splits: CAPTION_SPLITS.flickr30k, read: readFlickr30k, layout: CAPTION_LAYOUTS.flickr30k },
} satisfies Record<string, SetKind<CaptionSet>>;

/** Sets with questions. */
export type QuestionSetName = keyof typeof QUESTIONS;
/** Sets with captions. */
export type CaptionSetName = keyof typeof CAPTIONS;
/** Public sets that are evaluated on. */
export type EvaluationSetName = QuestionSetName | CaptionSetName;

const ALL: Record<EvaluationSetName, SetKind<QuestionSet | CaptionSet>> = { ...QUESTIONS, ...CAPTIONS };

/** Is it the name of a public set, with or without options? */
export function isEvaluationSet(specification: string): boolean {
  return Object.hasOwn(ALL, specification.split('?')[0]);
}

/** What a folder of the set looks like. */
export const evaluationSetLayout = (name: EvaluationSetName, split = ALL[name].splits[0]): string =>
  ALL[name].layout(split);

/** A set with questions. @throws Blip2Error if it is none, or its folder is not laid out so */
export const openQuestionSet = (specification: string, split?: string): QuestionSet =>
  open(QUESTIONS, 'questions', specification, split);

/** A set with captions. @throws Blip2Error if it is none, or its folder is not laid out so */
export const openCaptionSet = (specification: string, split?: string): CaptionSet =>
  open(CAPTIONS, 'captions', specification, split);

function open<S extends QuestionSet | CaptionSet>(
  kinds: Readonly<Record<string, SetKind<S>>>,
  what: string,
  specification: string,
  given?: string,
): S {
  const wrong = (message: string, hint: string) => new Blip2Error(message, { hint, exitCode: 2 });
  const [name, options = ''] = specification.split(/\?(.*)/s);
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (!kind)
    throw wrong(`${name} is no public set with ${what}`, `There are ${Object.keys(kinds).join(', ')}.`);
  const {
    dir,
    split = given ?? kind.splits[0],
    ...others
  } = Object.fromEntries(new URLSearchParams(options));
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw wrong(`${specification}: there is no option ${unknown}`, 'There are dir and split.');
  if (!kind.splits.includes(split))
    throw wrong(`${name} has no split ${split}`, `There are ${kind.splits.join(', ')}.`);
  if (!dir) {
    throw wrong(
      `Where is ${name}?`,
      `Say ${name}?dir=FOLDER, where FOLDER looks like this:\n${kind.layout(split)}`,
    );
  }
  const set = kind.read(dir, split);
  if (set.images.length > 0) return set;
  const found = set.problems.map((problem) => `${describeProblem(problem)}\n`).join('');
  throw wrong(
    `${dir}: nothing of ${name} can be used`,
    `${found}It should look like this:\n${kind.layout(split)}`,
  );
}
