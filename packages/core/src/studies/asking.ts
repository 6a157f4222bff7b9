/** Questions as studies ask them: so many test pictures, greedily, and what came of it as measurements. */
import {
  blindModel,
  evaluateVqa,
  majorityAnswers,
  type JudgedAnswer,
  type VqaEvaluation,
  type VqaModel,
} from '../evaluate';
import { QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../generate';
import type { FrozenLanguageModel } from '../data';
import type { LanguageTower } from '../models';
import { vqaMetric } from '../recipes';
import { blindArm, type AnyLanguage } from './languages';
import { TEST_PICTURES } from './scale';
import type { ExampleTurn, Measurement, StudyContext } from './study';

/** Of one-word answers beams say the same in 99.8% of cases, and take six times as long. */
export const GREEDY = { numBeams: 1 };

/** The paper's question to a kind of language model; `{}` is the question. */
export const questionTemplate = ({ architecture }: Pick<LanguageTower, 'architecture'>): string =>
  architecture === 'decoder-only' ? QUESTION_ANSWER : QUESTION_SHORT_ANSWER;

/** How many pictures of the test split are asked about. */
const testPictures = ({ scale }: StudyContext) => ({ limit: TEST_PICTURES[scale] });

export function askTest(context: StudyContext, model: VqaModel): Promise<VqaEvaluation> {
  return evaluateVqa(model, context.data.test, { ...testPictures(context), generation: GREEDY });
}

/** Over all questions, and over each kind. */
export const accuracies = (arm: string, { rows }: VqaEvaluation): Measurement[] =>
  rows.map(({ kind, accuracy }) => ({ arm, metric: vqaMetric(kind), value: accuracy }));

/** What a model answers about test pictures. */
export async function answersOf(context: StudyContext, arm: string, model: VqaModel): Promise<Measurement[]> {
  return accuracies(arm, await askTest(context, model));
}

/** What a language model answers from the question alone. */
export function blindAnswers(
  context: StudyContext,
  language: AnyLanguage,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  return answersOf(context, blindArm(language), blindModel(frozen));
}

/** What is right if each kind of question gets the answer that it has most often in training. */
export function majority(context: StudyContext): Measurement[] {
  const { train, test } = context.data;
  return accuracies('most frequent answer', majorityAnswers(train, test, testPictures(context)));
}

/** As part of an example. */
export const turnOf = ({ question, prediction, answer, right }: JudgedAnswer): ExampleTurn => ({
  prompt: question,
  text: prediction,
  truth: answer,
  right,
});

/** The first ones of different pictures, so many. */
export function ofDifferentPictures<T extends { picture: number }>(some: readonly T[], count: number): T[] {
  const isFirst = ({ picture }: T, i: number) => some.findIndex((one) => one.picture === picture) === i;
  return some.filter(isFirst).slice(0, count);
}
