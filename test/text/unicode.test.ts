/** Every code point is letter, mark, space, punctuation … just where Python's tokenizers take it for one. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { tokenizerFile } from '../../packages/core/src/text/definition';
import { createNormalizer } from '../../packages/core/src/text/normalizer';
import { createPreTokenizer } from '../../packages/core/src/text/preTokenizer';
import {
  lowerCase,
  normalizeUnicode,
  replaceLoneSurrogates,
  WORD,
} from '../../packages/core/src/text/unicode';
import { alone, KINDS, kinds } from './kinds';

const BLOCK = 0x1000;
const SWEPT = [...Array(0x34).keys(), 0xe0, 0xf0];
/** Capital letters of Unicode 17: whether they have a small form hangs on the version of Node. */
const isNewCapital = (code: number) =>
  [0xa7ce, 0xa7d2, 0xa7d4].includes(code) || (code >= 0x16ea0 && code < 0x16eb9);

describe.each(KINDS)('%s', (name) => {
  const { normalizer, pre_tokenizer } = tokenizerFile.parse(kinds[name].definition);
  const normalize = normalizer ? createNormalizer(normalizer) : (text: string) => text;
  const preTokenize = createPreTokenizer(pre_tokenizer as NonNullable<typeof pre_tokenizer>);

  test('cuts words alike at every code point', () => {
    const sums = SWEPT.map((block) => {
      const codes = Array.from({ length: BLOCK }, (_, i) => block * BLOCK + i).filter(
        (code) => (code < 0xd800 || code >= 0xe000) && !isNewCapital(code),
      );
      const text = codes.map((code) => String.fromCodePoint(code)).map((c) => `a${c}b1${c}`);
      const words = preTokenize({ text: normalize(text.join(' ')), first: true }).map((word) => word.text);
      return crc32(words.join('\0'));
    });
    const different = SWEPT.filter((_, i) => sums[i] !== kinds[name].sweep[i]).map((block) =>
      block.toString(16),
    );
    expect(different).toEqual([]);
  });
});

test('words are made of the same characters', () => {
  const word = new RegExp(`^${WORD}$`, 'v');
  const sums = SWEPT.map((block) =>
    crc32(
      Array.from({ length: BLOCK }, (_, i) => String.fromCodePoint(block * BLOCK + i))
        .filter((character) => word.test(character))
        .join(''),
    ),
  );
  expect(sums).toEqual(alone);
});

test('later characters stay out of normalization, and marks do not pass them', () => {
  expect(normalizeUnicode('e\u0301\u1ae0\u0323', 'NFC')).toBe('é\u1ae0\u0323');
  expect(normalizeUnicode('e\u0301\u0323', 'NFC')).toBe('ẹ\u0301');
  expect(normalizeUnicode('\u{105c9}', 'NFD')).toBe('\u{105c9}');
});

test('a sigma at the end of a word is like any other', () => {
  expect(lowerCase('ΣΑΣ')).toBe('σασ');
});

test('halves of surrogate pairs become U+FFFD, pairs stay', () => {
  expect(replaceLoneSurrogates('\ud83d\ude00\ud83d \ude00')).toBe('😀\ufffd \ufffd');
});
