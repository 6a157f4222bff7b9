/**
 * Section 5 and figure 7 of the paper: what BLIP-2 cannot do. Examples in the prompt do not help; and answers go wrong by
 * what the language model holds for likely, by a wrong conclusion from what was seen rightly, and where the world has
 * things that its texts had not.
 */
import { join } from 'node:path';
import { Random, type ShapesOptions } from '@blip2/datasets';
import { shapes, type FrozenLanguageModel, type ImageTextSplit, type VisualQuestion } from '../data';
import { blindModel, evaluateVqa, isRightAnswer, questionsAbout, type JudgedAnswer } from '../evaluate';
import { Conversation, QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../generate';
import { vqaMetric, type Stage2Model } from '../recipes';
import { accuracies, askTest, GREEDY } from './asking';
import { partsOf, priorKnowledge, reasoning } from './failures';
import { InContext, type Piece } from './inContext';
import { toldInWords } from './inWords';
import { LANGUAGES, languageOf, stage2Inputs, stage2Run, type Language } from './stage2Runs';
import { mean } from './statistics';
import type { Example, ExampleTurn, Measurement, Scale, Study, StudyContext } from './study';

/** Pictures that are asked about with examples before them. */
const PICTURES: Record<Scale, number> = { full: 200, short: 60, smoke: 4 };
const SHOTS = [0, 1, 2, 4] as const;
/** Of each kind of failure and language model. */
const EXAMPLES = 3;

/** A world of which no language model here was ever told: objects of middling size. */
const NEWER: ShapesOptions = { sizes: 1, train: 0, validation: 0, captions: { sizeProbability: 0 } };
const OLD_SIZES = 'objects as in its texts';
const NEW_SIZES = 'objects newer than its texts';
const SIZES = 'answers about size right';

const KNOWLEDGE = 'wrong knowledge: it says the same without a picture';
const REASONING = 'wrong reasoning: from right answers a wrong one';
const OUTDATED = 'outdated knowledge: no text told it of middling size';

const shotsArm = (language: Language, shots: number) => `${language}, ${shots} examples`;
const wordsArm = (language: Language, shots: number) => `${language}, ${shots} examples without pictures`;
const toldArm = (language: Language) => `${language}, told in words`;
const MOST = SHOTS[SHOTS.length - 1];

export const limitations: Study = {
  name: 'limitations',
  title: 'What it cannot do',
  source: 'section 5, figure 7',
  announcement:
    'Examples in the prompt do not help: the model never saw more than one picture in a text. And three ways to be wrong ' +
    'about a picture that was seen: from what the language model holds for likely, by a wrong conclusion, and of what is ' +
    'newer than its texts.',
  seconds: { full: 500, short: 300, smoke: 60 },
  inputs: stage2Inputs('short'),
  async measure(context) {
    const measurements: Measurement[] = [];
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const frozen = languageOf(context, language);
      try {
        const { model } = await stage2Run(context, frozen, { withStage1: true, captions: 'short' });
        measurements.push(...(await inContext(context, language, model)));
        measurements.push(...(await failures(context, language, model, frozen)));
        measurements.push(...(await outdated(context, language, model)));
        model.dispose();
      } finally {
        frozen.dispose();
      }
    }
    return measurements;
  },
  claims: (Object.keys(LANGUAGES) as Language[]).flatMap((language) => [
    {
      text: `${MOST} examples in the prompt do not help ${language}: it answers more questions with none.`,
      metric: vqaMetric(),
      better: shotsArm(language, 0),
      worse: shotsArm(language, MOST),
    },
    {
      text: `From a picture ${language} answers fewer questions than from a list of what is there.`,
      metric: vqaMetric(),
      better: toldArm(language),
      worse: language,
    },
    {
      text: `${language} does not know what is newer than its texts: it tells sizes that they had, and no others.`,
      metric: SIZES,
      better: `${language}, ${OLD_SIZES}`,
      worse: `${language}, ${NEW_SIZES}`,
    },
  ]),
  paper: [],
};

/** Accuracy after so many examples, with their pictures and without. */
async function inContext(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const { data, scale, seed, runsDir } = context;
  const asked = questionsAbout(data.test, { limit: PICTURES[scale] });
  const asking = new InContext(model, join(runsDir, 'cache'));
  const measurements: Measurement[] = [];
  try {
    for (const shots of SHOTS) {
      const examples = asked.map((_, i) => drawExamples(context, shots, ['shots', seed, i]));
      for (const withPictures of shots > 0 ? [true, false] : [true]) {
        const arm = (withPictures ? shotsArm : wordsArm)(language, shots);
        const prompts = asked.map(({ picture, question }, i) =>
          promptOf(model, data, examples[i], { picture, question, withPictures }),
        );
        const texts = await asking.generate(prompts, { ...GREEDY, maxNewTokens: 10 });
        const right = texts.map((text, i) => Number(isRightAnswer(text, asked[i].answer)));
        measurements.push({ arm, metric: vqaMetric(), value: 100 * mean(right) });
      }
    }
  } finally {
    asking.dispose();
  }
  return measurements;
}

type Shot = VisualQuestion & { picture: number };

/** Questions about training pictures, with their answers. */
function drawExamples({ data }: StudyContext, shots: number, path: (string | number)[]): Shot[] {
  const random = new Random(...path);
  return Array.from({ length: shots }, () => {
    const picture = random.below(data.train.size);
    return { picture, ...random.pick(data.train.questions!(picture)) };
  });
}

function promptOf(
  model: Stage2Model,
  { train, test }: StudyContext['data'],
  examples: readonly Shot[],
  { picture, question, withPictures }: { picture: number; question: string; withPictures: boolean },
): Piece[] {
  const { architecture } = model.parts.language.tower;
  const template = architecture === 'decoder-only' ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;
  const asked = { split: test, index: picture };
  if (!withPictures) {
    const conversation = new Conversation(
      () => Promise.reject(new Error('All are asked at once.')),
      template,
    );
    for (const example of examples) conversation.add(example);
    return [asked, conversation.prompt(question)];
  }
  const put = (text: string) => template.replace('{}', () => text);
  const before = examples.flatMap((example): Piece[] => [
    { split: train, index: example.picture },
    `${put(example.question)} ${example.answer}.`,
  ]);
  return [...before, asked, put(question)];
}

/** The first two of figure 7, among the answers to all questions about test pictures. */
async function failures(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const evaluation = await askTest(context, model);
  const { answers } = evaluation;
  const blind = await askTest(context, blindModel(frozen));
  const told = await askTest(context, toldInWords(frozen, context.data));
  const { wrong, prior } = priorKnowledge(answers, blind.answers);
  const { followable, wrong: misled } = reasoning(answers);
  const exampleOf = (kind: string, said: readonly JudgedAnswer[]): Example => ({
    kind,
    by: language,
    picture: said[0].picture,
    said: said.map(turnOf),
  });
  context.keep(ofDifferentPictures(prior).map((answer) => exampleOf(KNOWLEDGE, [answer])));
  context.keep(
    ofDifferentPictures(misled).map((answer) => exampleOf(REASONING, [...partsOf(answer, answers), answer])),
  );
  const share = (metric: string, some: readonly unknown[], all: readonly unknown[]): Measurement[] =>
    all.length > 0 ? [{ arm: language, metric, value: (100 * some.length) / all.length }] : [];
  return [
    ...accuracies(language, evaluation),
    ...accuracies(toldArm(language), told),
    ...share('of wrong answers: given without a picture, too', prior, wrong),
    ...share('of conclusions from right parts: wrong', misled, followable),
    {
      arm: `${language}, ${OLD_SIZES}`,
      metric: SIZES,
      value: evaluation.rows.find(({ kind }) => kind === 'size')!.accuracy,
    },
  ];
}

const ofDifferentPictures = (answers: readonly JudgedAnswer[]): JudgedAnswer[] =>
  answers
    .filter(({ picture }, i) => answers.findIndex((one) => one.picture === picture) === i)
    .slice(0, EXAMPLES);

const turnOf = ({ question, prediction, answer, right }: JudgedAnswer): ExampleTurn => ({
  prompt: question,
  text: prediction,
  truth: answer,
  right,
});

/** The third: pictures of a world that the language model's texts did not know. */
async function outdated(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
): Promise<Measurement[]> {
  const { settings } = context.data.world;
  const captions = { ...settings.captions, ...NEWER.captions };
  const world = { ...settings, ...NEWER, captions, test: PICTURES[context.scale] };
  const newer = shapes(world);
  const sizesOf = (index: number): VisualQuestion[] =>
    newer.world.splits.test[index].scene.objects.map(({ shape, size }) => ({
      kind: 'size',
      question: `what size is the ${shape}?`,
      answer: size,
    }));
  const asked: Pick<ImageTextSplit, 'questions'> = { questions: sizesOf };
  const split = Object.setPrototypeOf(asked, newer.test) as ImageTextSplit;
  const { accuracy, answers } = await evaluateVqa(model, split, { generation: GREEDY });
  const wrong = answers.filter(({ right }) => !right);
  context.keep(
    ofDifferentPictures(wrong).map((answer): Example => ({
      kind: OUTDATED,
      by: language,
      picture: answer.picture,
      world,
      said: [turnOf(answer)],
    })),
  );
  return [{ arm: `${language}, ${NEW_SIZES}`, metric: SIZES, value: accuracy }];
}
