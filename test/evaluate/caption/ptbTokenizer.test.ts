/** Tokens equal those of Stanford CoreNLP's PTBTokenizer, as it ran on 10,000 captions (ptb.json.gz). */
import { describe, expect, test } from 'vitest';
import { ptbTokenize } from '../../../packages/core/src/evaluate';
import { ptbTokens } from '../../../packages/core/src/evaluate/caption/ptbTokenizer';
import { gzippedFixture } from './gzippedFixture';

const { captions, tokens, punctuation } = gzippedFixture<{
  captions: string[];
  /** What the tokenizer prints: a line for each caption. */
  tokens: string[];
  /** What pycocoevalcap drops. */
  punctuation: string[];
}>('ptb');

/** What differs, to be read: with 10,000 captions a plain comparison would print them all. */
const differences = (expected: readonly string[], found: readonly string[]) =>
  captions.flatMap((caption, i) =>
    expected[i] === found[i] ? [] : { caption, expected: expected[i], found: found[i] },
  );

describe('10,000 captions', () => {
  test('all tokens', () => {
    expect(captions).toHaveLength(10_000);
    const found = ptbTokens(captions).map((words) => words.join(' '));
    expect(found).toHaveLength(10_000);
    expect(differences(tokens, found)).toEqual([]);
  });

  test('tokens that are counted', () => {
    const counted = tokens.map((line) =>
      line
        .replace(/[\s\x1c-\x1f\x85]+$/, '')
        .split(' ')
        .filter((token) => !punctuation.includes(token))
        .join(' '),
    );
    const found = ptbTokenize(captions);
    expect(differences(counted, found)).toEqual([]);
    expect(found).toHaveLength(10_000);
  });
});

describe('habits of the treebank', () => {
  test.each([
    ["A man's dog isn't here.", "a man 's dog is n't here"],
    ["They can't, cannot, gonna!", "they ca n't can not gon na"],
    ['a well-known black/white T-shirt', 'a well-known black/white t-shirt'],
    ['$5, £3, 50% of 1,000.5', '$ 5 # 3 50 % of 1,000.5'],
    ['a "No Parking" sign (old)', 'a no parking sign -lrb- old -rrb-'],
    ['1 1/2 cups at 10:30 a.m.', '1\u00a01/2 cups at 10:30 a.m.'],
    ['cake 🎂 at the café', 'cake at the café'],
    ['…', ''],
    ['', ''],
    [' ', ''],
    ['\u00ad', ''],
  ])('%j', (caption, expected) => {
    expect(ptbTokenize([caption])).toEqual([expected]);
  });
});

test('one result per caption, whatever line breaks they hold and however many are empty', () => {
  const odd = ['', 'a\nb', 'a\r\nb', '\v', 'a\u2028b\u2029', '', '\n\n', 'c', ''];
  expect(ptbTokenize(odd)).toEqual(['', 'a b', 'a b', '', 'a b', '', '', 'c', '']);
  expect(ptbTokenize([])).toEqual([]);
});

test('an abbreviation at the end is read with the beginning of the next caption', () => {
  const first = (...both: string[]) => ptbTokens(both)[0].join(' ');
  expect(first('cats etc.', 'the end')).toBe('cats etc.');
  expect(first('cats etc.', 'The end')).toBe('cats etc. .');
  expect(first('in the U.S.', 'The end')).toBe('in the u.s. .');
  expect(first('in the U.S.', 'Some')).toBe('in the u.s.'); // nothing behind `Some`: it may go on
});

test('half a surrogate pair and a megabyte in one word do no harm', () => {
  expect(ptbTokenize(['a \ud83d b', 'c \udc00'])).toEqual(['a b', 'c']);
  const long = 'x'.repeat(1e6);
  expect(ptbTokenize([long])).toEqual([long]);
});
