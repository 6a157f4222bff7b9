import { describe, expect, it } from 'vitest';
import { shapesTexts, trainWordPiece } from '../../datasets/src';

describe('trainWordPiece', () => {
  it('merges what seldom stands apart first, and ends with whole words', () => {
    const pieces = trainWordPiece(['ab ab ab ac', 'xq'], '', 100);
    // x and q are never seen apart: score 1/(1·1); a and b: 3/(4·3); a and c: 1/(4·1), then 1/(1·1).
    expect(pieces).toEqual(['a', '##b', '##c', 'x', '##q', 'xq', 'ab', 'ac']);
  });

  it('stops at the size asked for, and does not depend on the order of texts', () => {
    const texts = shapesTexts(20);
    expect(trainWordPiece(texts, 'ab', 60)).toHaveLength(60);
    expect(trainWordPiece([...texts].reverse(), 'ab', 60)).toEqual(trainWordPiece(texts, 'ab', 60));
  });
});
