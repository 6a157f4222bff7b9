/** Prefix and suffix of a caption, for prefix language modeling. */
import { describe, expect, test } from 'vitest';
import { splitPrefix } from '../../packages/core/src/text';

const CAPTION = 'a red circle left of a blue square';

/** Everything that a text may be split into, over random numbers. */
const prefixes = (text: string) =>
  new Set(Array.from({ length: 1000 }, (_, i) => splitPrefix(text, i / 1000).prefix));

describe('splitPrefix', () => {
  test('the two parts are the text again', () => {
    for (let random = 0; random < 1; random += 0.01) {
      const { prefix, suffix } = splitPrefix(CAPTION, random);
      expect(`${prefix} ${suffix}`).toBe(CAPTION);
    }
  });

  test('the point is between the first word and the middle, each as likely', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      const { prefix } = splitPrefix(CAPTION, i / 4000);
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({
      a: 1000,
      'a red': 1000,
      'a red circle': 1000,
      'a red circle left': 1000,
    });
  });

  test.each([
    ['an odd number of words', 'one two three four five', ['one', 'one two']],
    ['three words', 'one two three', ['one']],
    ['two words', 'one two', ['one']],
    ['one word', 'one', ['']],
    ['none', '', ['']],
    ['runs of spaces', '  one \n two  three four ', ['one', 'one two']],
  ])('%s', (_, text, expected) => {
    expect([...prefixes(text)]).toEqual(expected);
  });

  test('a number just below 1 stays in range', () => {
    expect(splitPrefix('one two three four', 1 - Number.EPSILON / 2).prefix).toBe('one two');
  });

  test('a single word is all target', () => {
    expect(splitPrefix('cat', 0.9)).toEqual({ prefix: '', suffix: 'cat' });
  });
});
