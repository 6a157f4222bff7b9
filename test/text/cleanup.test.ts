import { expect, test } from 'vitest';
import { cleanCaption, cleanQuestion } from '../../packages/core/src/text';

// Expected values: LAVIS's pre_caption / pre_question run in Python.
test('captions: marks become spaces, runs shrink, ends are trimmed', () => {
  expect(cleanCaption('A red circle... (left) of "it"!\n')).toBe('a red circle left of it');
  expect(cleanCaption("it's 3,5 — a/b & c-d?")).toBe("it's 3,5 — a/b & c-d?");
  expect(cleanCaption('  Two\t\tspaces  ')).toBe('two spaces');
});

test('captions keep their first fifty words', () => {
  const long = Array.from({ length: 60 }, (_, i) => `w${i}`).join(' ');
  expect(cleanCaption(long).split(' ')).toHaveLength(50);
  expect(cleanCaption(long, 3)).toBe('w0 w1 w2');
});

test('questions: marks vanish, the question mark stays', () => {
  expect(cleanQuestion('What (colour) is it?  ')).toBe('what colour is it?');
  expect(cleanQuestion('a.b')).toBe('ab');
});
