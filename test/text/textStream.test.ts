/** Pieces of a text that comes token by token are final, and add up to the whole. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shapesDirectory } from '../../datasets/src';
import { Tokenizer } from '../../packages/core/src/text';
import { tokenizerFile, tokenizerConfigFile } from '../../packages/core/src/text/definition';
import { KINDS, kinds } from './kinds';

const opt = Tokenizer.fromFolder(join(shapesDirectory, 'tokenizer-opt'));

function pieces(tokenizer: Tokenizer, ids: number[]): string[] {
  const stream = tokenizer.stream();
  return [...ids.map((id) => stream.push(id)), stream.end()];
}

describe('byte-level', () => {
  test('each token shows at once', () => {
    expect(pieces(opt, opt.encode('a red ring\n'))).toEqual(['', 'a', ' red', ' ring', '\n', '']);
  });

  test('a character shows when its last byte is there', () => {
    expect(pieces(opt, opt.encode('é 😀x'))).toEqual(['', '', 'é', ' ', '', '', '', '😀', 'x', '']);
  });

  test('bytes that never become a character are U+FFFD, but not before that is certain', () => {
    const half = opt.encode('😀', { addSpecialTokens: false }).slice(0, 2);
    expect(pieces(opt, half)).toEqual(['', '', '\ufffd']);
    expect(pieces(opt, [...half, opt.id('a')])).toEqual(['', '', '\ufffda', '']);
  });
});

describe.each(KINDS)('%s', (name) => {
  const { definition, config, prefix, suffix, ids, drawn } = kinds[name];
  const tokenizer = Tokenizer.from({
    path: name,
    definition: tokenizerFile.parse(definition),
    config: tokenizerConfigFile.parse(config),
  });

  test('all pieces together are the decoded text', () => {
    const texts = [
      ...ids.slice(20, 2000).map((each) => [...prefix, ...each, ...suffix]),
      ...drawn.map((each) => each.ids),
    ];
    for (const each of texts) expect(pieces(tokenizer, each).join('')).toBe(tokenizer.decode(each));
  });
});

test('where spaces may be taken back, words show when the next one begins', () => {
  const { definition, config } = kinds.bert;
  const bert = Tokenizer.from({
    path: 'bert',
    definition: tokenizerFile.parse(definition),
    config: tokenizerConfigFile.parse(config),
  });
  const ids = bert.encode("isn't it red, dogs ' s", { addSpecialTokens: false });
  const shown = pieces(bert, ids);
  expect(shown.join('')).toBe(bert.decode(ids));
  expect(shown.every((piece) => !/^ [.,?!]/.test(piece))).toBe(true);
});
