/** GQA (BLIP-2 table 2): exact match after VQA's clean-up of both sides, as LAVIS measures it. */
import { Blip2Error } from '../../runtime';
import { normaliseAnswer } from './normaliseAnswer';

/** A prediction and the one right answer. */
export interface GqaAnswer {
  prediction: string;
  answer: string;
}

/** Share of predictions that are the one right answer, in percent. @throws Blip2Error if there are none */
export function gqaAccuracy(questions: readonly GqaAnswer[]): number {
  if (questions.length === 0)
    throw new Blip2Error('There are no questions to score', { hint: 'Give at least one.' });
  const right = questions.filter(
    ({ prediction, answer }) => normaliseAnswer(prediction) === normaliseAnswer(answer),
  );
  return (right.length / questions.length) * 100;
}
