/** Files as older versions of tokenizers and transformers wrote them, and the character map by itself. */
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../../packages/core/src/text';
import { tokenizerFile } from '../../packages/core/src/text/definition';
import { Precompiled } from '../../packages/core/src/text/precompiled';
import { charsmap, KINDS, kinds, texts } from './kinds';

type Definition = Record<string, Record<string, unknown>>;

const load = (definition: object) =>
  Tokenizer.from({ path: 'tokenizer.json', definition: tokenizerFile.parse(definition), config: {} });

describe.each(KINDS)('%s', (name) => {
  test('a model without type, merges as texts, add_prefix_space for prepend_scheme', () => {
    const definition = structuredClone(kinds[name].definition) as Definition;
    delete definition.model.type;
    const { merges } = definition.model as { merges?: [string, string][] };
    if (merges) definition.model.merges = merges.map((pair) => pair.join(' '));
    const metaspace = { type: 'Metaspace', replacement: '▁', add_prefix_space: true };
    if (name === 't5') {
      definition.pre_tokenizer = {
        type: 'Sequence',
        pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace],
      };
      definition.decoder = metaspace;
    }
    const tokenizer = load(definition);
    texts.slice(0, 500).forEach((text, i) => {
      const ids = tokenizer.encode(text, { addSpecialTokens: false });
      expect(ids).toEqual(kinds[name].ids[i]);
    });
    for (const { ids, text } of kinds[name].drawn.slice(0, name === 'bert' ? 0 : 200)) {
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });
});

test("CLIP's words without special tokens among them", () => {
  const definition = structuredClone(kinds.clip.definition) as Definition;
  const [split] = definition.pre_tokenizer.pretokenizers as { pattern: { Regex: string } }[];
  split.pattern.Regex = split.pattern.Regex.replace('<\\|startoftext\\|>|<\\|endoftext\\|>|', '');
  const plain = load(definition);
  const today = load(kinds.clip.definition);
  for (const text of texts.slice(0, 300)) expect(plain.encode(text)).toEqual(today.encode(text));
});

test('GPT-2 puts nothing around a text', () => {
  const post_processor = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false };
  expect(load({ ...kinds.opt.definition, post_processor }).encode('a')).toEqual([68]);
});

describe('a character map of five rules', () => {
  const map = new Precompiled(charsmap.base64);

  test.each(charsmap.normalized)('%.20s', (text, normalized) => {
    expect(map.normalize(text)).toBe(normalized);
  });
});
