/** Base forms of answers, beside those of spaCy (test/fixtures/make/baseForms.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadBaseForms, normaliseAnswer } from '../../packages/core/src/evaluate';

const baseForms = await loadBaseForms();
const path = join(import.meta.dirname, '..', 'fixtures', 'baseForms.tsv');
const pairs = readFileSync(path, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t') as [answer: string, spacy: string]);

test.each([
  ['eating grapes', 'eat grape'],
  ['surfing', 'surf'],
  ['glasses', 'glass'],
  ['men', 'man'],
  ['it is cold', 'it is cold'],
  ['bus', 'bus'],
  ['2', '2'],
  ['constructor', 'constructor'],
  ['', ''],
])('%s: %s', (answer, expected) => expect(baseForms(answer)).toBe(expected));

test('of answers most are those of spaCy, after the scorer’s clean-up', () => {
  const equal = pairs.filter(
    ([answer, spacy]) => normaliseAnswer(baseForms(answer)) === normaliseAnswer(spacy),
  );
  const untouched = pairs.filter(([answer, spacy]) => normaliseAnswer(answer) === normaliseAnswer(spacy));
  expect([pairs.length, equal.length, untouched.length]).toEqual([286, 254, 83]);
});
