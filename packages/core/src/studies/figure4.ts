/**
 * Figure 4 of the paper: instructed generation. A BLIP-2 that was trained on captions alone is told what to do by
 * prompts: describe, finish a sentence, answer; and asked again and again, each question after all that was said before.
 */
import { nameOf } from '@blip2/datasets';
import { isRightAnswer } from '../evaluate';
import { Conversation, QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../generate';
import type { Stage2Model } from '../recipes';
import { GREEDY } from './asking';
import { INSTRUCTIONS, sceneOf, type Instruction, type InstructionKind, type Scene } from './prompts';
import { LANGUAGES, languageOf, stage2Inputs, stage2Run, type Language } from './stage2Runs';
import { mean } from './statistics';
import type { Example, ExampleTurn, Measurement, Scale, Study, StudyContext } from './study';

const PICTURES: Record<Scale, number> = { full: 500, short: 150, smoke: 8 };
/** Of each kind and language model, for the report. */
const EXAMPLES = 2;
/** Captions of one object are shorter. */
const GENERATION = { ...GREEDY, maxNewTokens: 16 };

const elsewhereArm = (language: Language) => `${language}, another picture`;
const contraryArm = (language: Language) => `${language}, the contrary asked`;
const aloneArm = (language: Language) => `${language}, each question by itself`;
const KINDS = Object.keys(INSTRUCTIONS) as InstructionKind[];
const CONVERSATION = 'conversation: all of three answers';
const rightOf = (kind: InstructionKind) => `right: ${kind}`;

export const figure4: Study = {
  name: 'figure4',
  title: 'Told what to do by prompts',
  source: 'figure 4, section 4.1',
  announcement:
    'After two stages on captions alone, prompts make the language model describe, finish sentences, answer, and go on ' +
    'with a conversation, also in words that it knows from text alone: yes and no, numbers, above and below.',
  seconds: { full: 600, short: 300, smoke: 60 },
  inputs: stage2Inputs('short'),
  async measure(context) {
    const measurements: Measurement[] = [];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const frozen = languageOf(context, language);
      try {
        const { model } = await stage2Run(context, frozen, { withStage1: true, captions: 'short' });
        for (const kind of KINDS) measurements.push(...(await instructed(context, language, model, kind)));
        measurements.push(...(await conversations(context, language, model)));
        model.dispose();
      } finally {
        frozen.dispose();
      }
    }
    return measurements;
  },
  claims: (Object.keys(LANGUAGES) as Language[]).flatMap((language) => [
    ...KINDS.map((kind) => ({
      text: `${language} follows the prompt “${kind}”: what it says holds of the picture, more often than of another.`,
      metric: rightOf(kind),
      better: language,
      worse: elsewhereArm(language),
    })),
    {
      text: `${language} goes on with a conversation: its answers are right, more often than about another picture.`,
      metric: CONVERSATION,
      better: language,
      worse: elsewhereArm(language),
    },
  ]),
  paper: [],
};

/** The pictures that are spoken about: their numbers, and what they show. */
function scenesOf({ data, scale }: StudyContext): { indices: number[]; scenes: Scene[] } {
  const count = Math.min(PICTURES[scale], data.test.size);
  const indices = Array.from({ length: count }, (_, index) => index);
  return { indices, scenes: indices.map((index) => sceneOf(data.world.splits.test[index])) };
}

/** Each picture's next one: what prompts about the first are held against. */
const elsewhere = (indices: readonly number[], size: number) => indices.map((index) => (index + 1) % size);

const percent = (values: readonly boolean[]) => 100 * mean(values.map(Number));

async function instructed(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
  kind: InstructionKind,
): Promise<Measurement[]> {
  const { test } = context.data;
  const { indices, scenes } = scenesOf(context);
  const all = scenes.flatMap((scene, i) =>
    INSTRUCTIONS[kind](scene, model.parts.model).map((instruction: Instruction) => ({
      instruction,
      picture: indices[i],
    })),
  );
  const write = async (
    pictures: readonly number[],
    prompts = all.map(({ instruction }) => instruction.prompt),
  ) => {
    const texts = await model.generate(test, pictures, prompts, GENERATION);
    return texts.map(([{ text }], i) => ({ text, right: all[i].instruction.isRight(text) }));
  };
  const pictures = all.map(({ picture }) => picture);
  const own = await write(pictures);
  const other = await write(elsewhere(pictures, test.size));
  const contrary = all.flatMap(({ instruction }) => instruction.contrary ?? []);
  const examples = all.map(({ instruction, picture }, i): Example => {
    const { prompt, truth } = instruction;
    return { kind, by: language, picture, said: [{ prompt, truth, ...own[i] }] };
  });
  context.keep(ofDifferentPictures(examples));
  const share = (arm: string, said: readonly { right: boolean }[]): Measurement => ({
    arm,
    metric: rightOf(kind),
    value: percent(said.map(({ right }) => right)),
  });
  return [
    share(language, own),
    share(elsewhereArm(language), other),
    ...(contrary.length > 0 ? [share(contraryArm(language), await write(pictures, contrary))] : []),
  ];
}

/** The first ones, right or wrong. */
function ofDifferentPictures(examples: readonly Example[]): Example[] {
  const isFirst = ({ picture }: Example, i: number) =>
    examples.findIndex((one) => one.picture === picture) === i;
  return examples.filter(isFirst).slice(0, EXAMPLES);
}

/** Three questions, of which each takes up what was answered before. */
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

async function conversations(
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
  const { architecture } = model.parts.language.tower;
  const template = architecture === 'decoder-only' ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;
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
