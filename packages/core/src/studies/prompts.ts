/**
 * What a BLIP-2 can be told to do with a picture of Shapes (figure 4 of the paper): each prompt with what makes an answer
 * to it right.
 */
import {
  judgeCaption,
  nameOf,
  relationOf,
  type Example as ShapesExample,
  type Placed,
  type Relation,
  type SceneObject,
} from '@blip2/datasets';
import { isRightAnswer } from '../evaluate';
import { questionPrompt } from '../inference';
import type { Blip2 } from '../models';

/** A prompt about a picture. */
export interface Instruction {
  prompt: string;
  /** What would be right, where it is one thing. */
  truth?: string;
  /** Another prompt, to which no such answer is right: a model that minds the words must not give it. */
  contrary?: string;
  isRight(text: string): boolean;
}

/**
 * Kinds of prompts, as tables call them. Above, below, left and right, yes and no, and numbers, are in no caption of the
 * training, which names one object: the language model knows them from text alone.
 */
export const INSTRUCTIONS = {
  'describe: "a photo of"': (scene: Scene) => [described('a photo of', scene)],
  'describe: "there is"': (scene: Scene) => [described('there is', scene)],
  'finish: "a red …"': ({ objects }: Scene) =>
    objects.map(({ color, shape }) => begun(nameOf({ color, shape }).replace(/ \w+$/, ''), objects, shape)),
  'finish: "a red circle above …"': ({ objects }: Scene) => related(objects),
  'answer: color, shape, size': (scene: Scene, model: Blip2) =>
    asked(scene, model, ['color', 'shape', 'size']),
  'answer: yes or no': (scene: Scene, model: Blip2) => asked(scene, model, ['exists']),
  'answer: how many': (scene: Scene, model: Blip2) => asked(scene, model, ['count']),
};
export type InstructionKind = keyof typeof INSTRUCTIONS;

/** In the order of tables. */
export const INSTRUCTION_KINDS = Object.keys(INSTRUCTIONS) as InstructionKind[];

/** A picture and its questions. */
export interface Scene {
  objects: readonly SceneObject[];
  questions: ShapesExample['questions'];
}

export const sceneOf = ({ scene, questions }: ShapesExample): Scene => ({
  objects: scene.objects,
  questions,
});

/** A caption in any of its forms; the article may be part of what the model takes for given. */
const described = (prompt: string, { objects }: Scene): Instruction => ({
  prompt,
  isRight: (text) => [text, `a ${text}`].some((caption) => judgeCaption(caption, objects).right),
});

/** A caption whose beginning is given; what comes must make it a true one. */
const begun = (prompt: string, objects: readonly Placed[], truth?: string): Instruction => ({
  prompt,
  truth,
  isRight: (text) => judgeCaption(`${prompt} ${text}`, objects).right,
});

const withoutSize = ({ color, shape }: Placed) => ({ color, shape });

const OPPOSITE: Record<Relation, Relation> = {
  above: 'below',
  below: 'above',
  'left of': 'right of',
  'right of': 'left of',
};

/** How each object lies to the next one of the list. */
function related(objects: readonly Placed[]): Instruction[] {
  return objects.flatMap((object, i) => {
    const other = objects[(i + 1) % objects.length];
    if (other === object) return [];
    const begin = (relation: Relation) => `${nameOf(withoutSize(object))} ${relation}`;
    const relation = relationOf(object, other);
    return [{ ...begun(begin(relation), objects), contrary: begin(OPPOSITE[relation]) }];
  });
}

function asked({ questions }: Scene, model: Blip2, kinds: readonly string[]): Instruction[] {
  return questions
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ question, answer }) => ({
      prompt: questionPrompt(model, question),
      truth: answer,
      isRight: (text) => isRightAnswer(text, answer),
    }));
}
