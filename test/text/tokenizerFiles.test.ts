/** Whatever a tokenizer file says, the outcome is an error that names it, or a tokenizer that works within bounds. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Blip2Error } from '../../packages/core/src/runtime';
import { Tokenizer } from '../../packages/core/src/text';
import { parseDefinition } from '../../packages/core/src/text/readDefinition';
import { numbers } from '../checkpoints/hostileFiles';
import { hostileTokenizer } from './hostileTokenizers';
import { kinds } from './kinds';

const dir = mkdtempSync(join(tmpdir(), 'blip2-tokenizers-'));
const path = join(dir, 'tokenizer.json');
afterAll(() => rmSync(dir, { recursive: true }));

const TEXTS = [
  '',
  'ab  aba, A!\n',
  'é①ﬁA\u0301 漢字 \ud800',
  '<pad> <image>[SEP] two words<unk>',
  'a'.repeat(60),
  'ab '.repeat(20),
];

/** What `load` returns, or undefined where it throws an error that names the file. */
function attempt(load: () => Tokenizer): Tokenizer | undefined {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    if (!error.message.includes(path)) throw new Error(`does not name ${path}: ${error.message}`);
    if (error.message.length > 500) throw new Error(`long: ${error.message}`);
    return undefined;
  }
}

function use(tokenizer: Tokenizer, random: (below: number) => number): void {
  for (const text of TEXTS) {
    const ids = tokenizer.encode(text);
    if (ids.length > 5000 || !ids.every((id) => Number.isInteger(id)))
      throw new Error(`ids of ${text}: ${ids}`);
    const decoded = tokenizer.decode(ids);
    if (decoded.length > 100_000) throw new Error(`decoded from ${text}: ${decoded.length}`);
  }
  tokenizer.decode(
    Array.from({ length: 5 }, () => random(50)),
    { skipSpecialTokens: false },
  );
}

test('30,000 damaged files', () => {
  const random = numbers(12);
  const counts = { usable: 0, refused: 0 };
  for (let i = 0; i < 30_000; i++) {
    const bytes = Buffer.from(hostileTokenizer(random));
    const tokenizer = attempt(() =>
      Tokenizer.from({ path, definition: parseDefinition(path, bytes), config: {} }),
    );
    if (tokenizer) use(tokenizer, random);
    counts[tokenizer ? 'usable' : 'refused']++;
  }
  expect(counts.usable).toBeGreaterThan(5000);
  expect(counts.refused).toBeGreaterThan(10_000);
});

test('500 of them in folders', () => {
  const random = numbers(13);
  for (let i = 0; i < 500; i++) {
    writeFileSync(path, hostileTokenizer(random));
    const tokenizer = attempt(() => Tokenizer.fromFolder(dir));
    if (tokenizer) use(tokenizer, random);
  }
});

describe('what is wrong is named', () => {
  const bert = kinds.bert.definition as Record<string, Record<string, unknown>>;
  const clip = kinds.clip.definition as Record<string, Record<string, unknown>>;
  const t5 = kinds.t5.definition as Record<string, Record<string, unknown>>;

  test.each<[string, object, string]>([
    ['no model', { ...bert, model: undefined }, 'model'],
    ['an unknown type', { ...bert, normalizer: { type: 'NFKC' } }, 'normalizer.type'],
    ['a wrong type', { ...bert, pre_tokenizer: 7 }, 'pre_tokenizer'],
    ['an id too large', { ...bert, model: { ...bert.model, vocab: { a: 4e9 } } }, 'model.vocab: "a"'],
    [
      'no unknown token',
      { ...bert, model: { ...bert.model, unk_token: '[?]' } },
      '"[?]" is not in model.vocab',
    ],
    [
      'a merge of nothing',
      { ...clip, model: { ...clip.model, merges: [['a', 'zzz']] } },
      '"zzz" is not in model.vocab',
    ],
    [
      'an entry without score',
      { ...t5, model: { ...t5.model, vocab: [['a', 0], ['b']] } },
      'model.vocab: entry 1',
    ],
    ['unk_id beyond the end', { ...t5, model: { ...t5.model, unk_id: 5000 } }, 'model.unk_id 5000'],
    [
      'a cut character map',
      { ...t5, normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAQAAAAA' } },
      'precompiled_charsmap',
    ],
    [
      'a template without text',
      { ...bert, post_processor: { ...bert.post_processor, single: [] } },
      'post_processor.single',
    ],
    [
      'a template with an unknown token',
      { ...bert, post_processor: { ...bert.post_processor, special_tokens: {} } },
      '[CLS]',
    ],
    [
      'a regular expression of its own',
      { ...clip, normalizer: { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' } },
      'normalizer.pattern.Regex: this regular expression',
    ],
  ])('%s', (_, definition, part) => {
    writeFileSync(path, JSON.stringify(definition));
    expect(() => Tokenizer.fromFolder(dir)).toThrow(path);
    expect(() => Tokenizer.fromFolder(dir)).toThrow(part);
  });

  test('no JSON, no UTF-8, too long, nested without end', () => {
    for (const content of [
      '{"model": ',
      Buffer.from('{"a": "\xff"}', 'latin1'),
      '['.repeat(1e6),
      '{"a":'.repeat(1e5) + '1',
    ]) {
      writeFileSync(path, content);
      expect(() => Tokenizer.fromFolder(dir)).toThrow(`${path} is not JSON`);
    }
    writeFileSync(path, '['.repeat(1e6) + ']'.repeat(1e6));
    expect(() => Tokenizer.fromFolder(dir)).toThrow(`${path} cannot be used`);
    truncateSync(path, 2 ** 40);
    expect(() => Tokenizer.fromFolder(dir)).toThrow(
      `${path} cannot be used as a tokenizer: it has 1099511627776 bytes`,
    );
  });
});
