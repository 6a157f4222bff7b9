/** Wrong knowledge and wrong reasoning, the first two kinds of failure of figure 6, counted. */
import type { FrozenLanguageModel } from '../data';
import { blindModel, type JudgedAnswer } from '../evaluate';
import type { Stage2Model } from '../recipes';
import { accuracies, answersOf, askTest, ofDifferentPictures, turnOf } from './asking';
import { partsOf, priorKnowledge, reasoning } from './failures';
import { toldInWords } from './inWords';
import type { Language } from './languages';
import { olderArm, SIZES } from './newerWorld';
import type { Example, Measurement, StudyContext } from './study';

/** Of each kind of failure and language model. */
const EXAMPLES = 3;
const KNOWLEDGE = 'wrong knowledge: it says the same without a picture';
const REASONING = 'wrong reasoning: from right answers a wrong one';

export const toldArm = (language: Language): string => `${language}, told in words`;

/** Both kinds among the answers to all questions about test pictures; and what is answered if the picture is told in words. */
export async function wrongAnswers(
  context: StudyContext,
  language: Language,
  model: Stage2Model,
  frozen: FrozenLanguageModel,
): Promise<Measurement[]> {
  const evaluation = await askTest(context, model);
  const { answers } = evaluation;
  const blind = await askTest(context, blindModel(frozen));
  const { wrong, prior } = priorKnowledge(answers, blind.answers);
  const { followable, wrong: misled } = reasoning(answers);
  const exampleOf = (kind: string, said: readonly JudgedAnswer[]): Example => ({
    kind,
    by: language,
    picture: said[0].picture,
    said: said.map(turnOf),
  });
  context.keep(ofDifferentPictures(prior, EXAMPLES).map((answer) => exampleOf(KNOWLEDGE, [answer])));
  context.keep(
    ofDifferentPictures(misled, EXAMPLES).map((answer) =>
      exampleOf(REASONING, [...partsOf(answer, answers), answer]),
    ),
  );
  const share = (metric: string, some: readonly unknown[], all: readonly unknown[]): Measurement[] =>
    all.length > 0 ? [{ arm: language, metric, value: (100 * some.length) / all.length }] : [];
  return [
    ...accuracies(language, evaluation),
    ...(await answersOf(context, toldArm(language), toldInWords(frozen, context.data))),
    ...share('of wrong answers: given without a picture, too', prior, wrong),
    ...share('of conclusions from right parts: wrong', misled, followable),
    {
      arm: olderArm(language),
      metric: SIZES,
      value: evaluation.rows.find(({ kind }) => kind === 'size')!.accuracy,
    },
  ];
}
