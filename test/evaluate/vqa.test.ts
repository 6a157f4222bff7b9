/** VQA accuracy equals the official scorer's and LAVIS's, as those ran on thousands of odd questions (vqa.json.gz). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  cleanPunctuation,
  cleanWords,
  gqaAccuracy,
  normaliseAnswer,
  questionAccuracy,
  vqaAccuracy,
  type VqaQuestion,
  type VqaScorer,
  type VqaScores,
} from '../../packages/core/src/evaluate';
import { roundToHundredth, splitWords, strip } from '../../packages/core/src/evaluate/vqa/python';

interface Expected {
  perQuestion: number[];
  accuracy: VqaScores;
  unrounded: VqaScores;
}

interface Fuzzed extends Record<VqaScorer, Expected> {
  types: [string, string][];
  questions: [string[], string, number[] | null][];
  gqa: number[];
  texts: [string, string, string, string][];
  rounded: [number, number][];
}

const file = join(import.meta.dirname, '..', 'fixtures', 'vqa.json.gz');
const fuzzed = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Fuzzed;
const questions = fuzzed.questions.map(([answers, prediction, annotators], i): VqaQuestion => ({
  answers,
  prediction,
  ...(annotators && { annotators }),
  answerType: fuzzed.types[i][0],
  questionType: fuzzed.types[i][1],
}));

const ask = (prediction: string, answers: string[], more: Partial<VqaQuestion> = {}): VqaQuestion => ({
  prediction,
  answers,
  questionType: 'what',
  answerType: 'other',
  ...more,
});

/** Ten answers: so many times one, the rest all different. */
const agreed = (answer: string, times: number) => [
  ...Array.from({ length: times }, () => answer),
  ...Array.from({ length: 10 - times }, (_, i) => `other ${i}`),
];

describe('clean-up of answers', () => {
  test.each([
    ['Two men.', '2 men'],
    ['1,000', '1000'],
    ['t-shirt', 't shirt'],
    ['black/white', 'black white'],
    ['yes, it is', 'yes it is'],
    ['3.5', '3.5'],
    ['a.m.', 'am'],
    ['dont know', "don't know"],
    ['U.S.', 'us'],
    ['10:30', '10:30'],
    ['the Big-Ben!', 'big ben'],
    ['none', '0'],
    ['x - y', 'x y'],
    ['$5', '$5'],
    ['constructor', 'constructor'],
    ['', ''],
  ])('%j becomes %j', (answer, cleaned) => {
    expect(normaliseAnswer(answer)).toBe(cleaned);
  });

  test('every step equals the reference on fuzzed texts', () => {
    for (const [text, punctuation, words, both] of fuzzed.texts) {
      expect([text, cleanPunctuation(text)]).toEqual([text, punctuation]);
      expect([text, cleanWords(text)]).toEqual([text, words]);
      expect([text, normaliseAnswer(text)]).toEqual([text, both]);
    }
  });

  test('only the first 32 full stops go', () => {
    expect(cleanPunctuation('.'.repeat(40))).toBe('.'.repeat(8));
    expect(cleanPunctuation('.5'.repeat(40))).toBe('.5'.repeat(40));
  });

  test('white space is Python’s', () => {
    expect(strip('\x1c\x85\u3000 a b\u2029\t')).toBe('a b');
    expect(strip('\ufeffa')).toBe('\ufeffa');
    expect(strip(' \n')).toBe('');
    expect(splitWords('\x1da\x1f\u00a0b\ufeffc ')).toEqual(['a', 'b\ufeffc']);
  });

  test('percentages are rounded as Python rounds', () => {
    for (const [value, rounded] of fuzzed.rounded) expect(roundToHundredth(value)).toBe(rounded);
    expect([12.125, 12.375, 0.125, 0.625].map(roundToHundredth)).toEqual([12.12, 12.38, 0.12, 0.62]);
  });
});

describe.each(['official', 'lavis'] as const)('accuracy, %s scorer', (scorer) => {
  const { perQuestion, accuracy, unrounded } = fuzzed[scorer];
  const result = vqaAccuracy(questions, { scorer });

  test('equals the reference for each of the fuzzed questions', () => {
    expect(result.perQuestion).toHaveLength(perQuestion.length);
    const rounded = result.perQuestion.map(roundToHundredth);
    const wrong = perQuestion.flatMap((score, i) =>
      score === rounded[i] ? [] : [{ ...questions[i], score }],
    );
    expect(wrong).toEqual([]);
  });

  test('equals the reference over all, per type of answer and of question', () => {
    expect(result.accuracy).toEqual(accuracy);
    expect(result.unrounded).toEqual(unrounded);
    expect(Object.keys(result.accuracy.perQuestionType)).toEqual(Object.keys(accuracy.perQuestionType));
  });

  test('1, 2, 3, 4 of ten people agreeing give 0.3, 0.6, 0.9, 1', () => {
    const scores = [0, 1, 2, 3, 4, 10].map((n) => questionAccuracy(ask('dog', agreed('dog', n)), scorer));
    [0, 0.3, 0.6, 0.9, 1, 1].forEach((score, i) => expect(scores[i]).toBeCloseTo(score, 12));
  });
});

describe('where the scorers differ', () => {
  test('unanimous answers: the official scorer takes them and the prediction as they are', () => {
    const all = ask('Two', agreed('2', 10));
    expect([questionAccuracy(all, 'official'), questionAccuracy(all, 'lavis')]).toEqual([0, 1]);
    const capital = ask('Two', agreed('Two', 10));
    expect([questionAccuracy(capital, 'official'), questionAccuracy(capital, 'lavis')]).toEqual([1, 0]);
  });

  test('split answers: LAVIS leaves number words and articles in what people said', () => {
    const split = ask('the dog', agreed('the dog', 5));
    expect([questionAccuracy(split, 'official'), questionAccuracy(split, 'lavis')]).toEqual([1, 0]);
  });
});

test('equal answers of one person are left out together', () => {
  const answers = agreed('dog', 3);
  const own = (annotators?: number[]) => questionAccuracy(ask('dog', answers, { annotators }));
  expect(own()).toBeCloseTo(0.9, 12);
  expect(own([1, 1, 1, 4, 5, 6, 7, 8, 9, 10])).toBeCloseTo(0.7, 12);
});

test('predictions can be lemmatised first', () => {
  const question = ask('dogs', agreed('dog', 10));
  const lemmatise = (answer: string) => answer.replace(/s$/, '');
  expect(vqaAccuracy([question]).accuracy.overall).toBe(0);
  expect(vqaAccuracy([question], { lemmatise }).accuracy.overall).toBe(100);
});

test('nothing to score is an error', () => {
  expect(() => vqaAccuracy([])).toThrow(/no questions/);
  expect(() => vqaAccuracy([ask('dog', [])])).toThrow(/Question 0 has no answers/);
  expect(() => gqaAccuracy([])).toThrow(/no questions/);
});

test('GQA: exact match after the clean-up, in percent', () => {
  const pairs = fuzzed.questions.map(([[answer], prediction]) => ({ answer, prediction }));
  pairs.forEach((pair, i) => expect([pair, gqaAccuracy([pair])]).toEqual([pair, 100 * fuzzed.gqa[i]]));
  const right = fuzzed.gqa.filter(Boolean).length;
  expect(gqaAccuracy(pairs)).toBe((right / pairs.length) * 100);
  expect(gqaAccuracy([{ prediction: 'The dog.', answer: 'dog' }])).toBe(100);
});
