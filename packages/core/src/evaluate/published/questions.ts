/**
 * Zero-shot or fine-tuned VQA on VQAv2, OK-VQA and GQA (BLIP-2 tables 2 and 4). The questions about a picture stand
 * together, so each picture is read and encoded once.
 */
import { ANSWER, withDefaults, type AskOptions } from '../../inference';
import type { TextGeneration } from '../../generate';
import type { RawImage } from '../../image';
import type { JsonObject } from '../../checkpoints';
import type { QuestionImage, QuestionSet, SampleId, SetQuestion } from '../../data';
import { isRightAnswer } from '../vqa/evaluateVqa';
import { questionAccuracy, vqaAccuracy, type VqaQuestion } from '../vqa/accuracy';
import { loadBaseForms } from '../vqa/baseForms';
import { askPictures, type Asked } from './askPictures';
import { firstSkipped, type ScoreRow, type SetEvaluationOptions, type SetSummary } from './evaluation';
import { writeOutputs } from './writeOutputs';

/** What can be asked: a `Blip2`. */
export interface AnsweringModel {
  readonly imageSize: number;
  answerAll(
    images: readonly RawImage[],
    questions: readonly string[],
    options?: AskOptions,
  ): Promise<TextGeneration[]>;
}

/** A line of `results.jsonl`. */
export interface AnswerRecord {
  question_id: SampleId;
  image: SampleId;
  file: string;
  question: string;
  type: string;
  answerType: string;
  prediction: string;
  /** What was compared with people's answers, if it is not that: OK-VQA's base form. */
  compared?: string;
  /** What people answered, and how many of them; absent where the set keeps it to itself. */
  answers?: Record<string, number>;
  /** In percent, by the set's own measure. */
  accuracy?: number;
}

/** How questions are asked. */
export interface QuestionOptions extends SetEvaluationOptions {
  /** As in the paper unless given: beams of 5, length penalty −1, at most 10 tokens. */
  generation?: AskOptions;
}

/** Answers all questions of a set and writes results, summary and submission. */
export async function evaluateQuestionSet(
  model: AnsweringModel,
  set: QuestionSet,
  { generation = {}, ...options }: QuestionOptions,
): Promise<{ summary: SetSummary; records: AnswerRecord[] }> {
  const asked = withDefaults(ANSWER, generation);
  const baseForm = await baseFormOf(set);
  const identity = { ...asked, ...(baseForm && { compared: 'base forms' }) } as JsonObject;
  const said = await askPictures(model, set, identity, options, async (pictures) => {
    const questions = pictures.flatMap(({ image, pixels }) =>
      image.questions.map((question) => ({ image, pixels, question })),
    );
    const texts = await model.answerAll(
      questions.map(({ pixels }) => pixels),
      questions.map(({ question }) => question.question),
      asked,
    );
    return questions.map(({ image, question }, i) => record(set, image, question, texts[i].text, baseForm));
  });
  return finish(set, said, asked, options);
}

type BaseForm = (answer: string) => string;

/** As LAVIS scores OK-VQA. The words that it needs are loaded for it alone. */
async function baseFormOf({ name }: QuestionSet): Promise<BaseForm | undefined> {
  return name === 'okvqa' ? loadBaseForms() : undefined;
}

function record(
  { scoring }: QuestionSet,
  image: QuestionImage,
  { id, question, type, answerType, answers }: SetQuestion,
  prediction: string,
  baseForm?: BaseForm,
): AnswerRecord {
  const said = { question_id: id, image: image.id, file: image.path, question, type, answerType, prediction };
  if (!answers) return said;
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  const compared = baseForm ? baseForm(prediction) : prediction;
  const share =
    scoring === 'gqa'
      ? Number(isRightAnswer(prediction, answers[0]))
      : questionAccuracy(scored({ type, answerType }, answers, compared));
  const form = compared === prediction ? {} : { compared };
  return { ...said, ...form, answers: counts, accuracy: 100 * share };
}

const scored = (
  { type, answerType }: Pick<SetQuestion, 'type' | 'answerType'>,
  answers: readonly string[],
  prediction: string,
): VqaQuestion => ({ questionType: type, answerType, answers, prediction });

function finish(
  set: QuestionSet,
  { images, records, skipped, complete }: Asked<QuestionImage, AnswerRecord>,
  generation: JsonObject,
  { out, model }: QuestionOptions,
): { summary: SetSummary; records: AnswerRecord[] } {
  const summary: SetSummary = {
    task: 'vqa',
    set: set.name,
    split: set.split,
    model,
    options: generation,
    pictures: new Set(records.map(({ image }) => image)).size,
    complete,
    rows: scoreRows(set, images, records),
    skipped: firstSkipped(skipped),
    problems: set.problems,
    notes: notesOf(set, skipped.length),
  };
  return { summary: writeOutputs(out, summary, submission(set, images, records)), records };
}

/** What the server takes: an answer for each question, an empty one where the picture is broken or not reached. */
function submission(
  { name }: QuestionSet,
  images: readonly QuestionImage[],
  records: readonly AnswerRecord[],
) {
  const said = new Map(records.map(({ question_id, prediction }) => [question_id, prediction]));
  const ids = images.flatMap(({ questions }) => questions.map(({ id }) => id));
  return name === 'gqa'
    ? ids.map((id) => ({ questionId: id, prediction: said.get(id) ?? '' }))
    : ids.map((id) => ({ question_id: id, answer: said.get(id) ?? '' }));
}

function scoreRows(
  set: QuestionSet,
  images: readonly QuestionImage[],
  records: readonly AnswerRecord[],
): ScoreRow[] {
  const judged = records.filter(({ accuracy }) => accuracy !== undefined);
  if (judged.length === 0) return [];
  const types = [...new Set(judged.map(({ answerType }) => answerType))].sort();
  const of = (group: string, some: readonly AnswerRecord[], accuracy: number): ScoreRow => ({
    group,
    samples: some.length,
    scores: { accuracy },
  });
  const inType = (type: string) => judged.filter(({ answerType }) => answerType === type);
  const mean = (some: readonly AnswerRecord[]) =>
    some.reduce((sum, { accuracy }) => sum + accuracy!, 0) / some.length;
  if (set.scoring === 'gqa') {
    return [
      of('all', judged, mean(judged)),
      ...types.map((type) => of(type, inType(type), mean(inType(type)))),
    ];
  }
  // Rounded as the challenge's own scorer rounds.
  const questions = new Map(images.flatMap((image) => image.questions.map((one) => [one.id, one])));
  const { accuracy } = vqaAccuracy(
    judged.map(({ question_id, prediction, compared = prediction }) => {
      const question = questions.get(question_id)!;
      return scored(question, question.answers!, compared);
    }),
  );
  return [
    of('all', judged, accuracy.overall),
    ...types.map((type) => of(type, inType(type), accuracy.perAnswerType[type])),
  ];
}

function notesOf({ name, images }: QuestionSet, skipped: number): string[] {
  const hasAnswers = images.some(({ questions }) => questions.some(({ answers }) => answers !== undefined));
  return [
    ...(skipped > 0 ? ['Questions about pictures that could not be decoded are not scored.'] : []),
    ...(name === 'okvqa'
      ? [
          'Nouns and verbs of answers are put into their base form, as LAVIS does; not by spaCy, but by WordNet.',
        ]
      : []),
    ...(hasAnswers ? [] : ['This split keeps its answers to itself: send submission.json to its server.']),
  ];
}
