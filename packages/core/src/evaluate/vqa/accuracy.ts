/**
 * VQA accuracy (BLIP-2 tables 2 and 4; vqaEval.py of GT-Vision-Lab/VQA): an answer is as right as people agree on it.
 * OK-VQA uses the same measure.
 */
import { Blip2Error } from '../../runtime';
import { cleanPunctuation, flattenAnswer, normaliseAnswer } from './normaliseAnswer';
import { roundToHundredth } from './python';

/**
 * `official`: the scorer of the VQA challenge, which cleans an answer only where people's answers differ. `lavis`: the
 * one in LAVIS, which always cleans the prediction, and of people's answers the punctuation alone: an article or a number
 * word among those never matches.
 */
export type VqaScorer = 'official' | 'lavis';

/** A question, what ten people answered, and a prediction. */
export interface VqaQuestion {
  questionType: string;
  answerType: string;
  /** What people answered; ten of them in the published sets. */
  answers: readonly string[];
  /** Who gave each answer; unless given, each is another person. Equal answers of one person are counted once. */
  annotators?: readonly number[];
  prediction: string;
}

/** Accuracy in percent. */
export interface VqaScores {
  overall: number;
  perAnswerType: Record<string, number>;
  perQuestionType: Record<string, number>;
}

/** Accuracy over all questions, by type, and of each. */
export interface VqaResult {
  /** To two decimals, as the official scorer reports it. */
  accuracy: VqaScores;
  unrounded: VqaScores;
  /** Of each question, unrounded, in percent. */
  perQuestion: number[];
}

/** By whose rules answers are compared. */
export interface VqaOptions {
  /** `official` unless given. */
  scorer?: VqaScorer;
  /**
   * Applied to each prediction before all else. OK-VQA is to have what `loadBaseForms` gives: without it it comes out lower
   * than published.
   */
  lemmatise?: (answer: string) => string;
}

interface Answers {
  prediction: string;
  answers: string[];
}

const differ = (answers: readonly string[]) => answers.some((answer) => answer !== answers[0]);

const CLEAN: Record<VqaScorer, (prediction: string, answers: readonly string[]) => Answers> = {
  official: (prediction, answers) => {
    const flat = { prediction: flattenAnswer(prediction), answers: answers.map(flattenAnswer) };
    if (!differ(flat.answers)) return flat;
    return { prediction: normaliseAnswer(flat.prediction), answers: flat.answers.map(normaliseAnswer) };
  },
  lavis: (prediction, answers) => ({
    prediction: normaliseAnswer(flattenAnswer(prediction)),
    answers: differ(answers) ? answers.map(cleanPunctuation) : [...answers],
  }),
};

/**
 * Accuracy of one prediction, from 0 to 1: the mean of min(1, matches / 3) over the sets that leave one person out. Of
 * ten people 1, 2, 3, 4 agreeing give 0.3, 0.6, 0.9, 1.
 */
export function questionAccuracy(
  { answers: given, annotators, prediction: predicted }: VqaQuestion,
  scorer: VqaScorer = 'official',
): number {
  const { prediction, answers } = CLEAN[scorer](predicted, given);
  const right = answers.map((answer) => answer === prediction);
  const count = (person: number) =>
    right.filter((isRight, other) => isRight && (!annotators || annotators[other] === annotators[person]))
      .length;
  const matches = right.filter(Boolean).length;
  const scores = right.map((isRight, person) => {
    const own = !isRight ? 0 : annotators ? count(person) : 1;
    return Math.min(1, (matches - own) / 3);
  });
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

/** Sums as they grow, so that memory does not. */
class Mean {
  private sum = 0;
  private count = 0;

  add(value: number): void {
    this.sum += value;
    this.count++;
  }

  percent(): number {
    return (100 * this.sum) / this.count;
  }
}

/**
 * Accuracy over all questions, and over those of each answer type and question type.
 * @throws Blip2Error if there are no questions, or one has no answers
 */
export function vqaAccuracy(
  questions: readonly VqaQuestion[],
  { scorer = 'official', lemmatise = (answer) => answer }: VqaOptions = {},
): VqaResult {
  if (questions.length === 0)
    throw new Blip2Error('There are no questions to score', { hint: 'Give at least one.' });
  const [overall, answerTypes, questionTypes] = [new Mean(), new Means(), new Means()];
  const perQuestion = questions.map((question, index) => {
    if (question.answers.length === 0)
      throw new Blip2Error(`Question ${index} has no answers to compare with`, {
        hint: 'Leave such questions out.',
      });
    const accuracy = questionAccuracy({ ...question, prediction: lemmatise(question.prediction) }, scorer);
    overall.add(accuracy);
    answerTypes.add(question.answerType, accuracy);
    questionTypes.add(question.questionType, accuracy);
    return 100 * accuracy;
  });
  const scores = (finish: (percent: number) => number): VqaScores => ({
    overall: finish(overall.percent()),
    perAnswerType: answerTypes.percent(finish),
    perQuestionType: questionTypes.percent(finish),
  });
  return { accuracy: scores(roundToHundredth), unrounded: scores((percent) => percent), perQuestion };
}

/** A mean for each of several groups, in order of appearance. */
class Means {
  private readonly groups = new Map<string, Mean>();

  add(group: string, value: number): void {
    let mean = this.groups.get(group);
    if (!mean) this.groups.set(group, (mean = new Mean()));
    mean.add(value);
  }

  percent(finish: (percent: number) => number): Record<string, number> {
    return Object.fromEntries([...this.groups].map(([group, mean]) => [group, finish(mean.percent())]));
  }
}
