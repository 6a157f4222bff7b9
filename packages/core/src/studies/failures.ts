/**
 * Two of the ways of figure 6 of the paper in which an answer goes wrong though the picture was seen. Each is found among
 * the wrong answers by what else the model says, so that examples of it are no matter of choice.
 */
import type { JudgedAnswer } from '../evaluate';

/**
 * What an answer follows from, among the answers about its picture: how many are small, from the size of each; whether
 * there is a red circle, from the circle's color. Nothing for other kinds of question.
 */
export function partsOf(
  { picture, kind, question }: JudgedAnswer,
  answers: readonly JudgedAnswer[],
): JudgedAnswer[] {
  const shape = /(\w+)\?$/.exec(question)?.[1];
  const isPart = (one: JudgedAnswer): boolean =>
    kind === 'count' ? one.kind === 'size' : one.question === `what color is the ${shape}?`;
  if (kind !== 'count' && kind !== 'exists') return [];
  return answers.filter((one) => one.picture === picture && isPart(one));
}

/**
 * Wrong reasoning path: all that an answer follows from is said rightly, and still it is wrong. Counted among the answers
 * whose parts are right.
 */
export function reasoning(answers: readonly JudgedAnswer[]): {
  followable: JudgedAnswer[];
  wrong: JudgedAnswer[];
} {
  const followable = answers.filter((answer) => {
    const parts = partsOf(answer, answers);
    return parts.length > 0 && parts.every(({ right }) => right);
  });
  return { followable, wrong: followable.filter(({ right }) => !right) };
}

/**
 * Wrong knowledge: a wrong answer that the language model gives without any picture too: it says what it holds for
 * likely. Counted among all wrong answers.
 *
 * @param blind to the same questions, in the same order, from the question alone
 */
export function priorKnowledge(
  answers: readonly JudgedAnswer[],
  blind: readonly JudgedAnswer[],
): { wrong: JudgedAnswer[]; prior: JudgedAnswer[] } {
  const wrong = answers.filter(({ right }) => !right);
  const said = new Map(answers.map((answer, i) => [answer, blind[i].prediction]));
  return { wrong, prior: wrong.filter((answer) => said.get(answer) === answer.prediction) };
}
