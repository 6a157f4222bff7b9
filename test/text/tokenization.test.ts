/** Ids and texts equal to those of Python's tokenizers and transformers: 10,000 texts of any Unicode for each kind. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { Tokenizer } from '../../packages/core/src/text';
import { KINDS, kinds, texts } from './kinds';

const GROUP = 20;

const folder = mkdtempSync(join(tmpdir(), 'blip2-tokenization-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(definition: object, config: object): Tokenizer {
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(definition));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  return Tokenizer.fromFolder(folder);
}

/** The first texts of which the ids differ; none, if all is well. */
function differences(tokenizer: Tokenizer, expected: number[][]) {
  return expected
    .map((python, i) => ({
      text: texts[i],
      python,
      ours: tokenizer.encode(texts[i], { addSpecialTokens: false }),
    }))
    .filter(({ python, ours }) => `${python}` !== `${ours}`);
}

function checkSums(decoded: string[]): number[] {
  return Array.from({ length: Math.ceil(decoded.length / GROUP) }, (_, i) =>
    crc32(decoded.slice(i * GROUP, (i + 1) * GROUP).join('\0')),
  );
}

describe.each(KINDS)('%s', (name) => {
  const kind = kinds[name];
  const tokenizer = load(kind.definition, kind.config);

  test('has as many tokens', () => {
    expect(tokenizer.vocabularySize).toBe(kind.size);
  });

  test('encodes 10,000 texts as Python does', () => {
    expect(kind.ids).toHaveLength(10_000);
    const different = differences(tokenizer, kind.ids);
    expect(different.slice(0, 5)).toEqual([]);
  });

  test('puts the same special tokens around them', () => {
    for (const text of texts.slice(0, 1000)) {
      const plain = tokenizer.encode(text, { addSpecialTokens: false });
      expect(tokenizer.encode(text)).toEqual([...kind.prefix, ...plain, ...kind.suffix]);
    }
  });

  test.each([
    ['with', false],
    ['without', true],
  ])('decodes them as Python does, %s special tokens', (_, skipSpecialTokens) => {
    const decoded = kind.ids.map((ids) =>
      tokenizer.decode([...kind.prefix, ...ids, ...kind.suffix], { skipSpecialTokens }),
    );
    expect(checkSums(decoded)).toEqual(skipSpecialTokens ? kind.decodedWithoutSpecials : kind.decoded);
  });

  test('decodes ids drawn at random as Python does', () => {
    for (const { ids, text } of kind.drawn) expect(tokenizer.decode(ids)).toBe(text);
  });
});

describe.each(['t5-always', 't5-first'] as const)('%s', (name) => {
  const { changes, ids, decoded } = kinds[name];
  const { definition, config } = kinds.t5;
  const normalizers = changes.normalizer.map((step) =>
    step === 'Precompiled' ? definition['normalizer'] : step,
  );
  const tokenizer = load(
    { ...definition, ...changes, normalizer: { type: 'Sequence', normalizers } },
    config,
  );

  test('encodes and decodes as Python does', () => {
    expect(differences(tokenizer, ids).slice(0, 5)).toEqual([]);
    expect(checkSums(ids.map((each) => tokenizer.decode(each, { skipSpecialTokens: false })))).toEqual(
      decoded,
    );
  });
});
