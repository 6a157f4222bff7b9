import { describe, expect, it } from 'vitest';
import { shapesTexts, splitByteWords, trainBytePairs } from '../../datasets/src';

describe('splitByteWords', () => {
  it('keeps spaces with the words after them, and writes bytes as characters', () => {
    expect(splitByteWords("it's 42 é!\n")).toEqual(['it', "'s", 'Ġ42', 'ĠÃ©', '!', 'Ċ']);
    expect(splitByteWords('a   b')).toEqual(['a', 'ĠĠ', 'Ġb']);
  });
});

describe('trainBytePairs', () => {
  it('merges the most frequent pair first, of equal ones the first in the alphabet', () => {
    const { pieces, merges } = trainBytePairs(['low low low lower newer', 'zy zy zy'], 100);
    // "lo" and "ow" are there four times each, then "lo·w"; then "Ġ·low" and "z·y" three times.
    expect(merges.slice(0, 4)).toEqual([
      ['l', 'o'],
      ['lo', 'w'],
      ['z', 'y'],
      ['Ġ', 'low'],
    ]);
    expect(pieces.slice(0, 256).every((piece) => piece.length === 1)).toBe(true);
    expect(new Set(pieces).size).toBe(pieces.length);
    for (const word of ['low', 'Ġlow', 'Ġlower', 'Ġnewer', 'zy', 'Ġzy']) expect(pieces).toContain(word);
  });

  it('stops after the merges asked for, and does not depend on the order of texts', () => {
    const texts = shapesTexts(20);
    expect(trainBytePairs(texts, 30).merges).toHaveLength(30);
    expect(trainBytePairs([...texts].reverse(), 30)).toEqual(trainBytePairs(texts, 30));
  });

  it('has nothing to merge without texts', () => {
    expect(trainBytePairs([], 10).pieces).toHaveLength(256);
  });
});
