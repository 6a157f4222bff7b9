import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tokenizer } from '../../packages/core/src/text';
import {
  COLORS,
  SHAPES,
  shapesDirectory,
  shapesPrompts,
  shapesTexts,
  type ShapesTokenizers,
  splitWords,
  trainShapesTokenizers,
} from '../../datasets/src';

const FOLDERS = ['tokenizer', 'tokenizer-opt', 'tokenizer-t5'] as const;
const [bert, opt, t5] = FOLDERS.map((folder) => Tokenizer.fromFolder(join(shapesDirectory, folder)));
const words = [...new Set(shapesTexts(500).flatMap(splitWords))];

describe('what is shipped', () => {
  let made: ShapesTokenizers;
  beforeAll(() => {
    made = trainShapesTokenizers();
  });

  it.each(FOLDERS)('%s is what its command makes', (folder) => {
    const read = (name: string) => readFileSync(join(shapesDirectory, folder, name), 'utf8');
    expect(read('tokenizer.json')).toBe(`${JSON.stringify(made[folder].tokenizer, null, 2)}\n`);
    expect(read('tokenizer_config.json')).toBe(`${JSON.stringify(made[folder].config, null, 2)}\n`);
  });
});

describe("BERT's kind", () => {
  it('has the specials where BERT and LAVIS have them', () => {
    const ids = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[DEC]'].map((token) => bert.id(token));
    expect(ids).toEqual([0, 1, 2, 3, 4, 276]);
    expect([bert.vocabularySize, bert.padId, bert.bosId]).toEqual([277, 0, 276]);
  });

  it('makes one token of each word of the world', () => {
    expect(words.length).toBeGreaterThan(60);
    for (const word of words)
      expect(bert.encode(word)).toEqual([bert.id('[CLS]'), bert.id(word), bert.id('[SEP]')]);
  });

  it('decodes to the caption', () => {
    const caption = 'an orange circle left of a blue square';
    expect(bert.decode(bert.encode(caption))).toBe(caption);
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
    expect(bert.encode(text)).toEqual(ids);
  });
});

describe("OPT's kind", () => {
  it('has the specials where OPT has them', () => {
    expect(['<s>', '<pad>', '</s>', '<unk>'].map((token) => opt.id(token))).toEqual([0, 1, 2, 3]);
    expect([opt.bosId, opt.padId, opt.eosId]).toEqual([2, 1, 2]);
    expect([opt.id('<image>'), opt.vocabularySize]).toEqual([478, 479]);
  });

  it('makes one token of each word of the world within a text, and of answers by themselves', () => {
    for (const word of words.filter((word) => /^[a-z]+$/.test(word))) {
      expect(opt.encode(`a ${word}`, { addSpecialTokens: false })).toEqual([opt.id('a'), opt.id(`Ġ${word}`)]);
    }
    for (const answer of [...COLORS, ...SHAPES, 'yes', 'no', 'small', 'large', '2']) {
      expect(opt.encode(answer)).toEqual([2, opt.id(answer)]);
    }
  });

  it('ends captions with a token for the line break, and prompts without a space', () => {
    expect(opt.encode('a red ring\n').at(-1)).toBe(opt.id('Ċ'));
    expect(opt.encode('Question: what color is the ring? Answer:').at(-1)).toBe(opt.id(':'));
  });

  it.each<[string, number[]]>([
    ['a red circle left of a blue square', [2, 101, 361, 328, 390, 340, 295, 365, 330]],
    ['a photo of a cyan ring\n', [2, 101, 370, 340, 295, 374, 356, 14]],
    [
      'Question: what color is the circle? Answer: red',
      [2, 271, 62, 282, 312, 275, 280, 328, 67, 291, 62, 361],
    ],
    ['zebra, 漢 é 😀', [2, 332, 102, 423, 48, 36, 234, 192, 166, 36, 199, 173, 36, 244, 163, 156, 132]],
    ['<image></s> x', [2, 478, 2, 36, 124]],
    ['', [2]],
  ])('encodes %j as Python does', (text, ids) => {
    expect(opt.encode(text)).toEqual(ids);
    expect(opt.decode(ids, { skipSpecialTokens: false })).toBe(`</s>${text}`);
  });
});

describe("T5's kind", () => {
  it('has the specials where T5 has them', () => {
    expect(['<pad>', '</s>', '<unk>'].map((token) => t5.id(token))).toEqual([0, 1, 2]);
    expect([t5.padId, t5.eosId, t5.bosId]).toEqual([0, 1, undefined]);
    const last = ['<extra_id_9>', '<extra_id_0>', '<image>'].map((token) => t5.id(token));
    expect([...last, t5.vocabularySize]).toEqual([153, 162, 163, 164]);
  });

  it('makes one token of each word of the world', () => {
    for (const word of words.filter((word) => /^[a-z0-9]+$/.test(word))) {
      expect([word, t5.encode(word)]).toEqual([word, [t5.id(`▁${word}`), 1]]);
    }
  });

  it.each<[string, number[]]>([
    ['a red circle left of a blue square', [9, 28, 18, 43, 24, 9, 32, 20, 1]],
    ['Question: what color is the circle? Answer: red', [5, 3, 8, 15, 6, 7, 18, 4, 11, 3, 28, 1]],
    ['an unknown 漢', [42, 55, 109, 77, 103, 77, 106, 111, 77, 55, 2, 1]],
    ['<image></s> <extra_id_3>x', [163, 1, 159, 55, 152, 1]],
    ['', [1]],
  ])('encodes %j as Python does', (text, ids) => {
    expect(t5.encode(text)).toEqual(ids);
  });
});

it('knows every prompt of the world', () => {
  for (const text of shapesPrompts(100)) {
    expect(t5.decode(t5.encode(text))).toBe(text.trim());
    expect(opt.decode(opt.encode(text))).toBe(text);
  }
});
