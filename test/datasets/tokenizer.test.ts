import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import {
  shapesDirectory,
  shapesTexts,
  splitWords,
  trainShapesTokenizer,
  trainWordPiece,
} from '../../datasets/src';

const read = (name: string) =>
  JSON.parse(readFileSync(join(shapesDirectory, 'tokenizer', name), 'utf8')) as object;
const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));

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

describe('the tokenizer of Shapes', () => {
  it('is what its command makes', () => {
    const made = trainShapesTokenizer();
    expect(made.tokenizer).toEqual(read('tokenizer.json'));
    expect(made.config).toEqual(read('tokenizer_config.json'));
  });

  it('has the specials where BERT and LAVIS have them', () => {
    const ids = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[DEC]'].map((token) =>
      tokenizer.token_to_id(token),
    );
    expect(ids).toEqual([0, 1, 2, 3, 4, 276]);
  });

  it('makes one token of each word of the world', () => {
    const words = new Set(shapesTexts(500).flatMap(splitWords));
    expect(words.size).toBeGreaterThan(60);
    for (const word of words) expect(tokenizer.encode(word).tokens).toEqual(['[CLS]', word, '[SEP]']);
  });

  it('decodes to the caption', () => {
    const caption = 'an orange circle left of a blue square';
    expect(tokenizer.decode(tokenizer.encode(caption).ids, { skip_special_tokens: true })).toBe(caption);
  });

  // Ids as Python's transformers 5.23 and tokenizers 0.23 give them for the same files.
  it.each<[string, number[]]>([
    ['a red circle above a blue square', [2, 5, 260, 240, 235, 5, 239, 265, 3]],
    ['How many LARGE objects are there?', [2, 108, 185, 248, 255, 236, 275, 46, 3]],
    ['[DEC] an orange star left of a pink ring', [2, 276, 177, 256, 231, 250, 93, 5, 102, 117, 3]],
    ['a Réd zebra, on the moon!', [2, 5, 260, 30, 57, 54, 70, 53, 42, 226, 266, 17, 67, 67, 66, 45, 3]],
    ['unbelievable 漢 42.5%', [2, 25, 66, 54, 57, 64, 61, 57, 74, 53, 54, 64, 57, 1, 35, 81, 41, 36, 1, 3]],
    ['', [2, 3]],
  ])('encodes %j as Python does', (text, ids) => {
    expect(tokenizer.encode(text).ids).toEqual(ids);
  });
});
