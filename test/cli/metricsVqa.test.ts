/** `blip2 metrics vqa` as its users see it: the official files in, scores or one clear error out. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readVqaFiles, type VqaFiles } from '../../packages/core/src/evaluate';
import { blip2 } from './run';

const folder = mkdtempSync(join(tmpdir(), 'blip2-vqa-'));
let written = 0;

/** A file with this content: JSON of it, unless it is text or bytes already. */
function file(content: unknown): string {
  const path = join(folder, `${written++}.json`);
  const asIs = typeof content === 'string' || Buffer.isBuffer(content);
  writeFileSync(path, asIs ? content : JSON.stringify(content));
  return path;
}

const HEAD = { info: {}, task_type: 'Open-Ended', data_type: 'mscoco', license: {}, data_subtype: 'val2014' };

const people = (...answers: string[]) =>
  answers.map((answer, i) => ({ answer, answer_confidence: 'yes', answer_id: i + 1 }));

const ten = (answer: string, other: string, times: number) =>
  people(...Array.from({ length: 10 }, (_, i) => (i < times ? answer : other)));

const annotation = (id: number | string, answers: unknown, more = {}) => ({
  question_id: id,
  image_id: 42,
  question_type: 'is the',
  answer_type: 'yes/no',
  multiple_choice_answer: 'yes',
  answers,
  ...more,
});

const ANNOTATIONS = [
  annotation(1, ten('yes', 'no', 2)),
  annotation(2, ten('2', 'two dogs', 10), { question_type: 'how many', answer_type: 'number' }),
  annotation(3, ten('A dog.', 'cat', 3), { question_type: 'what', answer_type: 'other' }),
];
const QUESTIONS = [1, 2, 3].map((id) => ({ question_id: id, image_id: 42, question: 'Is it?' }));
const PREDICTIONS = [
  { question_id: 3, answer: 'dog\n' },
  { question_id: 1, answer: 'yes' },
  { question_id: 2, answer: 'two' },
];

interface Contents {
  predictions?: unknown;
  annotations?: unknown;
  questions?: unknown;
}

function files({ predictions, annotations, questions }: Contents = {}): VqaFiles {
  return {
    predictions: file(predictions ?? PREDICTIONS),
    annotations: file(annotations ?? { ...HEAD, annotations: ANNOTATIONS }),
    questions: file(questions ?? { ...HEAD, questions: QUESTIONS }),
  };
}

const command = ({ predictions, annotations, questions }: VqaFiles, ...more: string[]) =>
  blip2(
    ...['metrics', 'vqa', '--predictions', predictions, '--annotations', annotations],
    ...['--questions', questions, ...more],
  );

describe('scores', () => {
  test('--json prints one document: the report of the official scorer', async () => {
    const { code, stdout, stderr } = await command(files(), '--json');
    expect(JSON.parse(stdout)).toEqual({
      overall: 50,
      perAnswerType: { 'yes/no': 60, number: 0, other: 90 },
      perQuestionType: { 'is the': 60, 'how many': 0, what: 90 },
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  test('--scorer lavis; without --json a table', async () => {
    const { code, stdout, stderr } = await command(files(), '--scorer', 'lavis');
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['kind', 'name', 'accuracy'],
      ['overall', 'all', '53.33'],
      ['answer type', 'yes/no', '60.00'],
      ['answer type', 'number', '100.00'],
      ['answer type', 'other', '0.00'],
      ['question type', 'is the', '60.00'],
      ['question type', 'how many', '100.00'],
      ['question type', 'what', '0.00'],
      [''],
    ]);
    expect([code, stderr]).toEqual([0, '3 questions, accuracy in percent\n']);
  });

  test('what is odd, but taken by the official scorer, is said on standard error', async () => {
    const { code, stdout, stderr } = await command(
      files({
        annotations: { annotations: [annotation(1, people('yes')), annotation(2, people('a', 'b'))] },
        predictions: PREDICTIONS.slice(1),
        questions: { questions: QUESTIONS.slice(0, 1) },
      }),
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({ overall: 0 });
    expect(stderr).toMatch(
      /json: 2 of 2 questions \(first: 1\) have not 10 answers\n.*lacks 1 of 2 .*first: 2/,
    );
    expect(code).toBe(0);
  });

  test('--help tells the file formats', async () => {
    const { code, stdout, stderr } = await blip2('metrics', 'vqa', '--help');
    for (const word of ['--scorer', 'question_id', 'perAnswerType', 'Example'])
      expect(stdout).toContain(word);
    expect([code, stderr]).toEqual([0, 'TensorFlow not loaded\n']);
  });
});

describe('exit codes', () => {
  test.each([
    ['a missing option', ['--predictions', 'x', '--annotations', 'y'], /--questions/],
    [
      'an unknown scorer',
      ['--predictions', 'x', '--annotations', 'y', '--questions', 'z', '--scorer', 'coco'],
      /official, lavis/,
    ],
  ])('2: %s', async (_, args, message) => {
    const { code, stdout, stderr } = await blip2('metrics', 'vqa', ...args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('1: files that do not fit, in one sentence with what to do', async () => {
    const { code, stdout, stderr } = await command(files({ predictions: PREDICTIONS.slice(1) }), '--json');
    expect(stderr).toMatch(
      /^error: \S+json: no prediction for question 3 \(annotations\[2\] of \S+\)\n→ .+\n$/,
    );
    expect([code, stdout]).toEqual([1, '']);
  });
});

describe('errors name the file and the entry', () => {
  const entries = (...list: unknown[]) => ({ annotations: { annotations: [...ANNOTATIONS, ...list] } });
  const cases: [string, Contents, keyof VqaFiles, RegExp][] = [
    ['no prediction', { predictions: [] }, 'predictions', /no prediction for question 1 .* and 2 more/],
    [
      'a prediction for a question that nobody asked',
      { predictions: [...PREDICTIONS, { question_id: 9, answer: '' }] },
      'predictions',
      /\[3\]: question 9 is not in/,
    ],
    [
      'an id of another type',
      { predictions: PREDICTIONS.map((entry) => ({ ...entry, question_id: `${entry.question_id}` })) },
      'predictions',
      /\[0\]: question "3" is not in/,
    ],
    [
      'two predictions',
      { predictions: [...PREDICTIONS, PREDICTIONS[1]] },
      'predictions',
      /\[3\]: question 1 has an entry already, \[1\]/,
    ],
    [
      'two annotations',
      entries(ANNOTATIONS[0]),
      'annotations',
      /annotations\[3\]: question 1 .*annotations\[0\]/,
    ],
    ['an object of predictions', { predictions: { 1: 'yes' } }, 'predictions', /the whole: .*expected array/],
    [
      'a number for an answer',
      { predictions: [{ question_id: 1, answer: 2 }] },
      'predictions',
      /\[0\]\.answer: .*string/,
    ],
    ['no answer', { predictions: [{ question_id: 1 }] }, 'predictions', /\[0\]\.answer/],
    [
      'no id',
      { predictions: [{ answer: 'yes' }] },
      'predictions',
      /\[0\]\.question_id: expected a number or/,
    ],
    ['a list of annotations', { annotations: ANNOTATIONS }, 'annotations', /expected object/],
    ['no annotations', { annotations: { annotations: [] } }, 'annotations', /annotations: Too small/],
    ['no type', entries({ ...ANNOTATIONS[0], answer_type: null }), 'annotations', /\[3\]\.answer_type/],
    [
      'no answers of people',
      entries(annotation(4, [])),
      'annotations',
      /annotations\[3\]\.answers: Too small/,
    ],
    [
      'a bare answer',
      entries(annotation(4, [...people('yes'), 'no'])),
      'annotations',
      /annotations\[3\]\.answers\[1\]: .*expected object/,
    ],
    ['a list of questions', { questions: QUESTIONS }, 'questions', /expected object/],
    [
      'JSON cut short',
      { predictions: JSON.stringify(PREDICTIONS).slice(0, -3) },
      'predictions',
      /is not JSON/,
    ],
    ['an empty file', { annotations: '' }, 'annotations', /is not JSON/],
    ['bytes', { questions: Buffer.of(0x5b, 0xff, 0x5d) }, 'questions', /not text in UTF-8/],
    [
      'an answer out of choice',
      {
        questions: {
          task_type: 'Multiple Choice',
          questions: QUESTIONS.map((asked) => ({ ...asked, multiple_choices: ['yes', 'dog\n'] })),
        },
      },
      'predictions',
      /\[2\]: "two" is not among the choices of question 2/,
    ],
  ];

  test.each(cases)('%s', (_, contents, at, message) => {
    const paths = files(contents);
    const read = () => readVqaFiles(paths);
    expect(read).toThrow(message);
    expect(read).toThrow(paths[at]);
  });

  test('a file that is not there', () => {
    expect(() => readVqaFiles({ ...files(), predictions: join(folder, 'nothing.json') })).toThrow(
      /Cannot read .*nothing\.json/,
    );
  });
});

describe('formats', () => {
  test('ids may be text, as GQA’s are', () => {
    const { questions, notes } = readVqaFiles(
      files({
        predictions: [{ question_id: '05515938', answer: 'yes' }],
        annotations: { annotations: [annotation('05515938', ten('yes', 'no', 5))] },
        questions: { questions: [{ question_id: '05515938' }] },
      }),
    );
    expect([questions[0].prediction, notes]).toEqual(['yes', []]);
  });

  test('answers that agree in all their keys are one person’s', () => {
    const answers = [
      { answer: 'yes', answer_id: 1, answer_confidence: 'yes' },
      { answer: 'Yes', answer_confidence: 'yes', answer_id: 1 },
      { answer: 'yes', answer_id: 1, answer_confidence: 'no' },
      { answer: 'no' },
      { answer: 'no' },
    ];
    const { questions } = readVqaFiles(
      files({
        predictions: PREDICTIONS.slice(1, 2),
        annotations: { annotations: [annotation(1, answers)] },
      }),
    );
    expect(questions[0].annotators).toEqual([0, 0, 2, 3, 3]);
  });
});
