/** Conversations about pictures: three questions, each of which takes up what was answered before. */
import { nameOf } from '@blip2/datasets';
import { isRightAnswer } from '../evaluate';
import { Conversation } from '../generate';
import type { Stage2Model } from '../recipes';
import { questionTemplate } from './asking';
import { elsewhereArm, type Language } from './languages';
import type { Scene } from './prompts';
import { elsewhere, EXAMPLES, GENERATION, scenesOf } from './spokenAbout';
import { percent } from './statistics';
import type { Example, ExampleTurn, Measurement, StudyContext } from './study';

const aloneArm = (language: Language) => `${language}, each question by itself`;
export const CONVERSATION = 'conversation: all of three answers';

const QUESTIONS: readonly ((
  scene: Scene,
  answers: readonly string[],
) => { question: string; truth: string })[] = [
  (scene) => {
    const { color, shape } = chosen(scene);
    return { question: `what shape is the ${color} object?`, truth: shape };
  },
  (scene, [shape]) => ({ question: `what size is the ${shape}?`, truth: chosen(scene).size }),
  (scene, [shape, size]) => {
    const { color } = chosen(scene);
    const holds = shape === chosen(scene).shape && size === chosen(scene).size;
    const thing = nameOf({ size, color, shape } as Parameters<typeof nameOf>[0]);
    return { question: `is there ${thing}?`, truth: holds ? 'yes' : 'no' };
  },
];

const chosen = ({ objects }: Scene) => objects[objects.length - 1];

/** Conversations about their pictures, about others, and with each question asked as if it were the first. */
export async function conversations(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const { test } = context.data;
  const { indices, scenes } = scenesOf(context);
  const own = await talk(model, test, indices, scenes, true);
  const arms: [string, ExampleTurn[][]][] = [
    [language, own],
    [elsewhereArm(language), await talk(model, test, elsewhere(indices, test.size), scenes, true)],
    [aloneArm(language), await talk(model, test, indices, scenes, false)],
  ];
  const examples = own.map((said, i): Example => ({
    kind: 'conversation',
    by: language,
    picture: indices[i],
    said,
  }));
  context.keep(examples.slice(0, EXAMPLES));
  return arms.flatMap(([arm, talks]) => [
    { arm, metric: CONVERSATION, value: percent(talks.map((turns) => turns.every(({ right }) => right))) },
    ...QUESTIONS.map((_, turn) => ({
      arm,
      metric: `conversation: answer ${turn + 1} right`,
      value: percent(talks.map((turns) => turns[turn].right!)),
    })),
  ]);
}

/**
 * All conversations, a turn at a time, so that the model is asked about all pictures at once.
 * @param remembers whether what was said before stands before a question
 */
async function talk(
  model: Stage2Model,
  split: StudyContext['data']['test'],
  pictures: readonly number[],
  scenes: readonly Scene[],
  remembers: boolean,
): Promise<ExampleTurn[][]> {
  const template = questionTemplate(model.parts.language.tower);
  const never = () => Promise.reject(new Error('Questions are asked of all conversations at once.'));
  const talks = scenes.map(() => new Conversation(never, template));
  const turns: ExampleTurn[][] = scenes.map(() => []);
  for (const ask of QUESTIONS) {
    const next = scenes.map((scene, i) =>
      ask(
        scene,
        turns[i].map(({ text }) => text),
      ),
    );
    const prompts = next.map(({ question }, i) => talks[i].prompt(question));
    const texts = await model.generate(split, pictures, prompts, GENERATION);
    texts.forEach(([{ text }], i) => {
      const { question, truth } = next[i];
      turns[i].push({ prompt: question, text, truth, right: isRightAnswer(text, truth) });
      if (remembers) talks[i].add({ question, answer: text });
    });
  }
  return turns;
}
