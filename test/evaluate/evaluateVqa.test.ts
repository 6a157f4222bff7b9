/** Zero-shot VQA of a split's own questions, and what can be answered without looking. */
import { describe, expect, test } from 'vitest';
import {
  blindModel,
  evaluateVqa,
  isRightAnswer,
  lookingElsewhere,
  majorityAnswers,
  type VqaModel,
} from '../../packages/core/src/evaluate';
import { shapes } from '../../packages/core/src/data';
import { tf } from '../../packages/core/src/runtime';
import { randomOpt, randomT5 } from '../recipes/language';

const { train, validation } = shapes({ train: 60, validation: 12, test: 2 });

/** Knows every answer: questions of a picture are distinct. */
const oracle: VqaModel = {
  answer: (split, indices, questions) =>
    Promise.resolve(
      questions.map((question, i) => {
        const about = split.questions!(indices[i]);
        return about.find((one) => one.question === question)?.answer ?? 'nothing of the kind';
      }),
    ),
};

describe('evaluateVqa', () => {
  test('counts right answers over all questions and over each kind', async () => {
    const colorBlind: VqaModel = {
      answer: async (split, indices, questions, options) => {
        const known = await oracle.answer(split, indices, questions, options);
        return known.map((answer, i) => (questions[i].startsWith('what color') ? 'grey' : answer));
      },
    };
    const { accuracy, rows, answers, pictures } = await evaluateVqa(colorBlind, validation);
    const byKind = Object.fromEntries(rows.map((row) => [row.kind, row]));
    expect(pictures).toBe(12);
    expect(byKind.color).toEqual({ kind: 'color', questions: 36, accuracy: 0 });
    expect(byKind.shape).toEqual({ kind: 'shape', questions: 36, accuracy: 100 });
    expect(rows.map(({ kind }) => kind)).toEqual(['all', 'color', 'shape', 'size', 'exists', 'count']);
    expect(answers).toHaveLength(12 * 12);
    expect(accuracy).toBeCloseTo((100 * (144 - 36)) / 144);
  });

  test('asks of some pictures, and for some kinds, alone', async () => {
    const { answers } = await evaluateVqa(oracle, validation, { kinds: ['size', 'count'], limit: 5 });
    expect(answers).toHaveLength(5 * 4);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['size', 'count']));
    await expect(evaluateVqa(oracle, validation, { kinds: ['smell'] })).rejects.toThrow('smell');
    const mute = { ...validation, questions: undefined };
    await expect(evaluateVqa(oracle, mute)).rejects.toThrow('no questions');
  });

  test('where several people answered, agreement with them counts as the challenge counts it', async () => {
    const asked = (answers: string[]) => ({ kind: 'own', question: 'Who?', answer: answers[0], answers });
    const others = Array<string>(6).fill('nobody');
    const split = {
      ...validation,
      size: 3,
      // Of ten people one, two, four say what the model says.
      questions: (i: number) => [
        asked(
          [['a man'], ['A man.', 'a man'], Array<string>(4).fill('a man')][i]
            .concat(others, others)
            .slice(0, 10),
        ),
      ],
    };
    const model: VqaModel = { answer: (_, indices) => Promise.resolve([...indices].map(() => 'man')) };
    const { accuracy, answers } = await evaluateVqa(model, split);
    expect(accuracy).toBeCloseTo((100 * (0.3 + 0.6 + 1)) / 3);
    expect(answers.map(({ right }) => right)).toEqual([true, true, true]);
  });

  test('cleans answers as the official scorer does', () => {
    expect(isRightAnswer('Two.', '2')).toBe(true);
    expect(isRightAnswer('the circle', 'circle')).toBe(true);
    expect(isRightAnswer('a red circle', 'circle')).toBe(false);
  });
});

describe('baselines', () => {
  test('the most frequent answer of a kind, as the training split has it', () => {
    const { answers } = majorityAnswers(train, validation);
    const counted = answers.filter(({ kind }) => kind === 'count');
    const inTraining = Array.from({ length: train.size }, (_, i) => train.questions!(i)).flat();
    const frequency = (answer: string) =>
      inTraining.filter((question) => question.kind === 'count' && question.answer === answer).length;
    const most = Math.max(...['0', '1', '2', '3'].map(frequency));
    expect(new Set(counted.map(({ prediction }) => prediction)).size).toBe(1);
    expect(frequency(counted[0].prediction)).toBe(most);
  });

  test('looking elsewhere: right only by chance', async () => {
    const { accuracy } = await evaluateVqa(lookingElsewhere(oracle), validation);
    expect(accuracy).toBeGreaterThan(0);
    expect(accuracy).toBeLessThan(60);
  });

  test.each([
    ['OPT', randomOpt()],
    ['T5', randomT5()],
  ])('%s alone says the same of all pictures, and leaves nothing behind', async (_, language) => {
    const before = tf.memory().numTensors;
    const options = { generation: { numBeams: 1, maxNewTokens: 2 }, kinds: ['color', 'exists'] };
    const { answers } = await evaluateVqa(blindModel(language), validation, options);
    expect(tf.memory().numTensors).toBe(before);
    const said = new Map<string, Set<string>>();
    for (const { question, prediction } of answers) {
      said.set(question, (said.get(question) ?? new Set()).add(prediction));
    }
    expect(said.size).toBeLessThan(answers.length);
    expect([...said.values()].every(({ size }) => size === 1)).toBe(true);
  });
});
