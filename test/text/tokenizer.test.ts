import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  test('pads on the left if asked, to any length, with or without special tokens', () => {
    const red = tokenizer.id('red');
    const left = tokenizer.encodeBatch(['red', 'red red red red'], {
      maxLength: 4,
      padTo: 5,
      padSide: 'left',
    });
    expect([...left.ids]).toEqual([PAD, PAD, CLS, red, SEP, PAD, CLS, red, red, SEP]);
    expect([...left.mask]).toEqual([0, 0, 1, 1, 1, 0, 1, 1, 1, 1]);
    const bare = tokenizer.encodeBatch(['red red', ''], { maxLength: 3, addSpecialTokens: false });
    expect([...bare.ids]).toEqual([red, red, PAD, PAD, PAD, PAD]);
    expect([...bare.mask]).toEqual([1, 1, 0, 0, 0, 0]);
    expect(tokenizer.encodeBatch([], { maxLength: 3 }).shape).toEqual([0, 3]);
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

  test('decodes special tokens if asked, and passes over ids that are no token', () => {
    const ids = [...tokenizer.encode('red'), 999, -1, 0.5];
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe('[CLS] red [SEP]');
    expect(tokenizer.decode(new Int32Array(ids))).toBe('red');
    expect(tokenizer.decode([])).toBe('');
  });

  test('special ids come from the configuration, the map, or the kind', () => {
    const dir = mkdtempSync(join(tmpdir(), 'blip2-tokenizer-'));
    cpSync(folder, dir, { recursive: true });
    const config = (name: string, content: object) => writeFileSync(join(dir, name), JSON.stringify(content));
    rmSync(join(dir, 'tokenizer_config.json'));
    const bare = Tokenizer.fromFolder(dir);
    expect([bare.bosId, bare.eosId, bare.padId]).toEqual([undefined, undefined, PAD]);
    config('special_tokens_map.json', { eos_token: { content: '[SEP]', lstrip: false }, bos_token: '[CLS]' });
    config('tokenizer_config.json', { bos_token: { content: '[DEC]' }, eos_token: null, pad_token: '[UNK]' });
    const named = Tokenizer.fromFolder(dir);
    expect([named.bosId, named.eosId, named.padId]).toEqual([DEC, SEP, UNK]);
    config('tokenizer_config.json', { pad_token: '[none]' });
    const lacking = Tokenizer.fromFolder(dir);
    expect(lacking.encodeBatch(['red'], { maxLength: 3, padTo: 3 }).shape).toEqual([1, 3]);
    expect(() => lacking.encodeBatch(['red'], { maxLength: 4 })).toThrow(/tokenizer\.json.*padding token/);
    config('tokenizer_config.json', { pad_token: 5 });
    expect(() => Tokenizer.fromFolder(dir)).toThrow(/tokenizer_config\.json.*pad_token/);
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
