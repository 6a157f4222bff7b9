/**
 * Zero-shot visual question answering (BLIP-2 section 4.1) on data that holds its own questions. Where each has one right
 * answer: exact match after the official clean-up of both; where several people answered: the official accuracy.
 */
import { Blip2Error } from '../../runtime';
import type { GenerationOptions } from '../../generate';
import type { ImageTextSplit, VisualQuestion } from '../../data';
import { questionAccuracy } from './accuracy';
import { flattenAnswer, normaliseAnswer } from './normaliseAnswer';

/** What can be asked: anything that answers one question about each picture. */
export interface VqaModel {
  answer(
    split: ImageTextSplit,
    indices: readonly number[],
    questions: readonly string[],
    options?: GenerationOptions,
  ): Promise<string[]>;
}

export interface QuestionSelection {
  /** Kinds of question; all unless given. */
  kinds?: readonly string[];
  /** So many pictures, from the first on; all unless given. */
  limit?: number;
}

/** Which questions are asked, and how answers are searched for. */
export interface VqaEvaluationOptions extends QuestionSelection {
  /**
   * How answers are searched for: as in the paper (beams of 5, length penalty −1) unless given. `{ numBeams: 1 }` is
   * several times as fast and hardly ever says anything else of a one-word answer.
   */
  generation?: GenerationOptions;
}

/** A question about a picture, and what was said. */
export interface JudgedAnswer extends VisualQuestion {
  /** Number of the picture. */
  picture: number;
  prediction: string;
  /** It is `answer`, what most people answered. */
  right: boolean;
}

/** One line of a table. */
export interface VqaRow {
  /** Of question; `all` in the first row. */
  kind: string;
  questions: number;
  /** In percent. */
  accuracy: number;
}

/** Accuracy over all questions and by kind, with every answer. */
export interface VqaEvaluation {
  pictures: number;
  /** Over all questions, in percent. */
  accuracy: number;
  /** All, then each kind in order of appearance. */
  rows: VqaRow[];
  answers: JudgedAnswer[];
}

/** Accuracy over all questions about a split's pictures, and over those of each kind. */
export async function evaluateVqa(
  model: VqaModel,
  split: ImageTextSplit,
  { generation, ...selection }: VqaEvaluationOptions = {},
): Promise<VqaEvaluation> {
  const asked = questionsAbout(split, selection);
  const predictions = await model.answer(
    split,
    asked.map(({ picture }) => picture),
    asked.map(({ question }) => question),
    generation,
  );
  return judgeAnswers(asked, predictions);
}

export type AskedQuestion = VisualQuestion & { picture: number };

/** The questions of a split, picture by picture. @throws Blip2Error if there are none */
export function questionsAbout(
  split: ImageTextSplit,
  { kinds, limit = split.size }: QuestionSelection = {},
): AskedQuestion[] {
  const all = Array.from({ length: Math.min(limit, split.size) }, (_, picture) =>
    (split.questions?.(picture) ?? []).map((question) => ({ picture, ...question })),
  ).flat();
  const unknown = kinds?.find((kind) => !all.some((question) => question.kind === kind));
  if (all.length > 0 && unknown === undefined) {
    return kinds ? all.filter(({ kind }) => kinds.includes(kind)) : all;
  }
  const there = [...new Set(all.map(({ kind }) => kind))].join(', ');
  throw new Blip2Error(
    `${split.name}: there are no questions${unknown === undefined ? '' : ` of the kind ${unknown}`}`,
    { hint: there ? `There are ${there}.` : 'Take data that has questions, such as shapes.' },
  );
}

/** Whether an answer is the right one, as VQA's official scorer cleans them. */
export function isRightAnswer(prediction: string, answer: string): boolean {
  return clean(prediction) === clean(answer);
}

const clean = (answer: string): string => normaliseAnswer(flattenAnswer(answer));

/** How right an answer is, from 0 to 1. */
function share({ kind, prediction, right, answers }: JudgedAnswer): number {
  if (!answers) return right ? 1 : 0;
  return questionAccuracy({ questionType: kind, answerType: kind, answers, prediction });
}

/** @param predictions one for each question */
export function judgeAnswers(asked: readonly AskedQuestion[], predictions: readonly string[]): VqaEvaluation {
  const answers = asked.map((question, i): JudgedAnswer => {
    const prediction = predictions[i];
    return { ...question, prediction, right: isRightAnswer(prediction, question.answer) };
  });
  const row = (kind: string, some: readonly JudgedAnswer[]): VqaRow => ({
    kind,
    questions: some.length,
    accuracy: (100 * some.reduce((sum, one) => sum + share(one), 0)) / some.length,
  });
  const kinds = [...new Set(asked.map(({ kind }) => kind))];
  const perKind = kinds.map((kind) =>
    row(
      kind,
      answers.filter((answer) => answer.kind === kind),
    ),
  );
  const all = row('all', answers);
  const pictures = new Set(asked.map(({ picture }) => picture)).size;
  return { pictures, accuracy: all.accuracy, rows: [all, ...perKind], answers };
}
