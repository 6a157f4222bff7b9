/**
 * The file formats of the VQA challenge (v2, and v1's multiple choice), held against each other as its own tools do
 * (PythonHelperTools/vqaTools/vqa.py of GT-Vision-Lab/VQA), and duplicates refused, of which those tools take the last.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { readJson } from '../readJson';
import type { VqaQuestion } from './accuracy';

/** Paths. */
export interface VqaFiles {
  /** `[{question_id, answer}]`: one for each annotated question. */
  predictions: string;
  /** `{annotations: [{question_id, question_type, answer_type, answers: [{answer, answer_id, …}]}]}` */
  annotations: string;
  /** `{questions: [{question_id, …}]}`: scores depend on it only where answers are multiple choice. */
  questions: string;
}

export interface VqaFileContent {
  /** In the order of the annotations. */
  questions: VqaQuestion[];
  /** What is odd about the files, though the official scorer takes it without a word. */
  notes: string[];
}

/** Answers to a question in the published sets. */
const PEOPLE = 10;

const questionId = z.union([z.number(), z.string()], { error: 'expected a number or a string' });
type QuestionId = z.output<typeof questionId>;

const predictionsFile = z.array(z.object({ question_id: questionId, answer: z.string() }));
type Prediction = z.output<typeof predictionsFile>[number];

const annotation = z.object({
  question_id: questionId,
  question_type: z.string(),
  answer_type: z.string(),
  answers: z.array(z.looseObject({ answer: z.string() })).min(1),
});
const annotationsFile = z.object({ annotations: z.array(annotation).min(1) });
type Annotation = z.output<typeof annotation>;

const questionsFile = z.object({
  task_type: z.string().optional(),
  questions: z.array(z.object({ question_id: questionId, multiple_choices: z.array(z.string()).optional() })),
});
type Questions = z.output<typeof questionsFile>;

const FORMATS = {
  predictions: 'Predictions are a list: [{"question_id": 1, "answer": "yes"}, …].',
  annotations:
    'Annotations are an object: {"annotations": [{"question_id": 1, "question_type": "is the", "answer_type": "yes/no", ' +
    '"answers": [{"answer": "yes", "answer_id": 1}, …]}, …]}.',
  questions: 'Questions are an object: {"questions": [{"question_id": 1, …}, …]}.',
};

/** The number of each question's entry. @throws Blip2Error if a question has two */
function entriesById(path: string, list: string, entries: readonly { question_id: QuestionId }[]) {
  const byId = new Map<QuestionId, number>();
  entries.forEach(({ question_id: id }, entry) => {
    const first = byId.get(id);
    if (first !== undefined) {
      throw new Blip2Error(
        `${path}: ${list}[${entry}]: question ${JSON.stringify(id)} has an entry already, ${list}[${first}]`,
        { hint: 'Keep one entry per question.' },
      );
    }
    byId.set(id, entry);
  });
  return byId;
}

/**
 * Questions with what people answered and what was predicted.
 * @throws Blip2Error naming file and entry: what cannot be read, is missing, is there twice or belongs to no question
 */
export function readVqaFiles(files: VqaFiles): VqaFileContent {
  const predictions = readJson(files.predictions, predictionsFile, FORMATS.predictions);
  const { annotations } = readJson(files.annotations, annotationsFile, FORMATS.annotations);
  const questions = readJson(files.questions, questionsFile, FORMATS.questions);
  const predicted = entriesById(files.predictions, '', predictions);
  const annotated = entriesById(files.annotations, 'annotations', annotations);
  const asked = entriesById(files.questions, 'questions', questions.questions);
  checkCorrespondence(files, predicted, annotated);
  if (questions.task_type === 'Multiple Choice') checkChoices(files, predictions, questions, asked);
  return {
    questions: annotations.map((entry) => scored(entry, predictions[predicted.get(entry.question_id)!])),
    notes: notes(files, annotations, asked),
  };
}

type Entries = ReadonlyMap<QuestionId, number>;

/** The same questions in both files, no more and no less. */
function checkCorrespondence(files: VqaFiles, predicted: Entries, annotated: Entries): void {
  const hint = 'Exactly the annotated questions are scored. Their ids must agree in type, too: 1 is not "1".';
  for (const [id, entry] of predicted) {
    if (annotated.has(id)) continue;
    throw new Blip2Error(
      `${files.predictions}: [${entry}]: question ${JSON.stringify(id)} is not in ${files.annotations}`,
      { hint },
    );
  }
  const missing = [...annotated.keys()].filter((id) => !predicted.has(id));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  const first = `question ${JSON.stringify(missing[0])} (annotations[${annotated.get(missing[0])}] of ${files.annotations})`;
  throw new Blip2Error(`${files.predictions}: no prediction for ${first}${more}`, { hint });
}

function checkChoices(
  files: VqaFiles,
  predictions: readonly Prediction[],
  { questions }: Questions,
  asked: Entries,
): void {
  predictions.forEach(({ question_id: id, answer }, entry) => {
    const choices = questions.at(asked.get(id) ?? questions.length)?.multiple_choices;
    if (choices?.includes(answer)) return;
    throw new Blip2Error(
      `${files.predictions}: [${entry}]: ${JSON.stringify(answer)} is not among the choices of question ${JSON.stringify(id)}`,
      { hint: `${files.questions} says that the task is multiple choice.` },
    );
  });
}

function scored({ question_type, answer_type, answers }: Annotation, { answer }: Prediction): VqaQuestion {
  return {
    questionType: question_type,
    answerType: answer_type,
    answers: answers.map((given) => given.answer),
    annotators: annotators(answers),
    prediction: answer,
  };
}

/** The scorer takes two answers for one person's if they agree in all their keys: number the people so. */
function annotators(answers: Annotation['answers']): number[] | undefined {
  // As in every published file: each answer has an id of its own.
  if (new Set(answers.map(({ answer_id }) => answer_id)).size === answers.length) return undefined;
  const people = answers.map(({ answer: _, ...person }) => person);
  return people.map((person) => people.findIndex((other) => isDeepStrictEqual(person, other)));
}

function notes(files: VqaFiles, annotations: readonly Annotation[], asked: Entries): string[] {
  const others = annotations.filter(({ answers }) => answers.length !== PEOPLE);
  const unasked = annotations.filter(({ question_id }) => !asked.has(question_id));
  const name = (list: readonly Annotation[]) =>
    `${list.length} of ${annotations.length} questions (first: ${JSON.stringify(list[0].question_id)})`;
  return [
    ...(others.length > 0 ? [`${files.annotations}: ${name(others)} have not ${PEOPLE} answers`] : []),
    ...(unasked.length > 0 ? [`${files.questions} lacks ${name(unasked)}`] : []),
  ];
}
