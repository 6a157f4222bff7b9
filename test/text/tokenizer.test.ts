import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../../packages/core/src/text';
import { tinyTokenizerFolder } from './tinyTokenizer';

const folder = tinyTokenizerFolder();
const tokenizer = Tokenizer.fromFolder(folder);
const [PAD, UNK, CLS, SEP, DEC] = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[DEC]'].map((token) =>
  tokenizer.id(token),
);

describe('Tokenizer', () => {
  test('encodes WordPiece with its special tokens', () => {
    const red = tokenizer.id('red');
    expect(tokenizer.encode('Red circles')).toEqual([
      CLS,
      red,
      tokenizer.id('circle'),
      tokenizer.id('##s'),
      SEP,
    ]);
    expect(tokenizer.encode('zebra')).toEqual([CLS, UNK, SEP]);
  });

  test('pads and masks a batch', () => {
    const { ids, mask, shape } = tokenizer.encodeBatch(['red', 'a red circle'], { maxLength: 6 });
    expect(shape).toEqual([2, 6]);
    expect([...ids.slice(0, 6)]).toEqual([CLS, tokenizer.id('red'), SEP, PAD, PAD, PAD]);
    expect([...mask]).toEqual([1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
  });

  test('truncation keeps [SEP]', () => {
    const { ids, mask } = tokenizer.encodeBatch(['a red circle above a red circle'], {
      maxLength: 4,
      padTo: 5,
    });
    expect([...ids]).toEqual([CLS, tokenizer.id('a'), tokenizer.id('red'), SEP, PAD]);
    expect([...mask]).toEqual([1, 1, 1, 1, 0]);
    expect(() => tokenizer.encodeBatch(['a'], { maxLength: 1 })).toThrow(/no room/);
  });

  test('[DEC] is a token of its own, decode drops special tokens', () => {
    expect(tokenizer.vocabularySize).toBe(DEC + 1);
    expect(tokenizer.decode([DEC, ...tokenizer.encode('a red circle'), PAD])).toBe('a red circle');
  });

  test('errors name the token or the file', () => {
    expect(() => tokenizer.id('[IMG]')).toThrow(/\[IMG\].*tokenizer\.json/);
    expect(() => Tokenizer.fromFolder('/nowhere')).toThrow('/nowhere/tokenizer.json');
    const broken = mkdtempSync(join(tmpdir(), 'blip2-tokenizer-'));
    cpSync(folder, broken, { recursive: true });
    writeFileSync(join(broken, 'tokenizer.json'), '{"model": ');
    expect(() => Tokenizer.fromFolder(broken)).toThrow(/tokenizer\.json is not JSON/);
    writeFileSync(join(broken, 'tokenizer.json'), '{}');
    expect(() => Tokenizer.fromFolder(broken)).toThrow(/tokenizer\.json cannot be used/);
  });
});
