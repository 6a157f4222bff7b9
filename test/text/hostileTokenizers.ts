/** Tokenizer files that are damaged in every way that one can think of, from a seed; some stay whole. */
import type { numbers } from '../checkpoints/hostileFiles';
import { charsmap } from './kinds';

type Random = ReturnType<typeof numbers>;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const ids = (tokens: string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = { Sequence: { id: 'A', type_id: 0 } };
const bytes = [...'abcdefghi', 'Ġ', '!', 'Ã', '©'];
const words = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

const bert = {
  added_tokens: [
    { id: 0, content: '[PAD]', ...flags },
    { id: 3, content: '[SEP]', ...flags, rstrip: true },
  ],
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), text, special('[SEP]')],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: ids(['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b', '##a', '##b', 'ab', '!']),
  },
};
const opt = {
  added_tokens: [
    { id: 1, content: '<pad>', ...flags },
    { id: 16, content: '<image>', ...flags, lstrip: true },
  ],
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
  post_processor: { type: 'BertProcessing', cls: ['</s>', 2], sep: ['</s>', 2] },
  decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    end_of_word_suffix: '',
    fuse_unk: false,
    vocab: ids(['<s>', '<pad>', '</s>', ...bytes, 'ab', 'Ġab', 'Ã©']),
    merges: [
      ['a', 'b'],
      ['Ġ', 'ab'],
      ['Ã', '©'],
    ],
  },
};
const clip = {
  added_tokens: [{ id: 40, content: 'Two Words', ...flags, normalized: true, special: false }],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'NFC' },
      { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
      { type: 'Lowercase' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
      { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    ],
  },
  post_processor: { type: 'RobertaProcessing', cls: ['<|startoftext|>', 0], sep: ['<|endoftext|>', 1] },
  decoder: { type: 'ByteLevel' },
  model: {
    unk_token: '<|endoftext|>',
    end_of_word_suffix: '</w>',
    vocab: ids([
      '<|startoftext|>',
      '<|endoftext|>',
      ...bytes,
      ...bytes.map((byte) => `${byte}</w>`),
      'ab</w>',
    ]),
    merges: ['a b</w>'],
  },
};
const t5 = {
  added_tokens: [
    { id: 0, content: '<pad>', ...flags },
    { id: 2, content: '<unk>', ...flags, single_word: true },
  ],
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Precompiled', precompiled_charsmap: charsmap.base64 },
      { type: 'Strip', strip_left: false, strip_right: true },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'WhitespaceSplit' },
      { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [text, special('</s>')],
    special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
  },
  decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
  model: {
    type: 'Unigram',
    unk_id: 2,
    byte_fallback: false,
    vocab: [
      ['<pad>', 0],
      ['</s>', 0],
      ['<unk>', 0],
      ['▁', -2],
      ['a', -3.5],
      ['b', -3.5],
      ['ab', -4],
      ['▁a', -4.25],
    ],
  },
};
const BASES = [bert, opt, clip, t5] as unknown as { [key: string]: Json; model: Json }[];
const BASE_TEXTS = BASES.map((base) => JSON.stringify(base));

const nested = (depth: number, key?: string): Json =>
  Array.from({ length: depth }).reduce<Json>(
    (inner) => (key === undefined ? [inner] : { type: 'Sequence', [key]: [inner] }),
    null,
  );

/** Put where anything else is expected. */
const ODD: Json[] = [
  null, true, false, 0, -1, 1.5, 7, 1e15, 1e308, 4294967295, '', 'a', 'a b', ' ', '▁', '##', '\ud800', '[UNK]', '__proto__',
  'x'.repeat(5000), [], {}, [[]], [[['a', 1]]], ['a', 'b'], [['a', -1e308]], { a: 1 }, { a: 1e9 }, { type: 'Sequence' },
  { type: 'ByteFallback' }, { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' }, { Regex: '(.*)*x' }, { String: '' },
  { type: 'Replace', pattern: { String: 'a' }, content: 'aaaaaaaaaaaaaaaa' }, { type: 'Precompiled', precompiled_charsmap: 'AAAA' },
  { type: 'Precompiled', precompiled_charsmap: '////' }, { type: 'Lowercase' }, { type: 'BertPreTokenizer' }, { type: 'WhitespaceSplit' },
  { type: 'ByteLevel', add_prefix_space: true }, { type: 'Metaspace', replacement: '.' }, { type: 'Metaspace', replacement: '((' },
  Array<Json>(50).fill({ type: 'Lowercase' }), Array<Json>(200).fill(['a', 'b']), Array<Json>(200).fill('ab'),
  nested(200), nested(50, 'normalizers'), nested(50, 'pretokenizers'), nested(50, 'decoders'), ...BASES.map(({ model }) => model),
]; // prettier-ignore

/** Raw JSON for which there is no value. */
const RAW = [
  '1e400',
  '-1e999',
  '9'.repeat(400),
  '00',
  'NaN',
  '[[[[',
  '['.repeat(9000),
  '['.repeat(9000) + ']'.repeat(9000),
  '{"a":',
  '"\\ud800"',
  '\u0000',
  '"',
  '{"__proto__":{"type":"NFC"}}',
];

type Holder = Record<string, Json>;

/** An entry somewhere in a definition, often a deep one. */
function place(definition: Json, random: Random): { holder: Holder; key: string } {
  let holder = definition as Holder;
  for (;;) {
    const keys = Object.keys(holder);
    const key = keys[random(keys.length)] ?? 'x';
    const child = holder[key];
    if (typeof child !== 'object' || child === null || random(5) === 0) return { holder, key };
    holder = child as Holder;
  }
}

function damage(definition: Json, random: Random): void {
  const { holder, key } = place(definition, random);
  switch (random(6)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1: {
      const other = place(definition, random);
      holder[key] = structuredClone(other.holder[other.key] ?? null);
      break;
    }
    case 2:
      if (Array.isArray(holder)) holder.push(...structuredClone(holder));
      else holder[`${key}${random(3)}`] = structuredClone(holder[key]);
      break;
    case 3:
      if (typeof holder[key] === 'number') holder[key] += [1, -1, 0.5, 1e6, 1e12, -1e300][random(6)];
      else if (typeof holder[key] === 'string') holder[key] = damagedText(holder[key], random);
      else holder[key] = structuredClone(ODD[random(ODD.length)]);
      break;
    default:
      holder[key] = structuredClone(ODD[random(ODD.length)]);
  }
}

function damagedText(value: string, random: Random): string {
  const at = random(value.length + 1);
  return (
    value.slice(0, at) + ['', '=', 'A', 'é', '\u0000', '\ud800'][random(6)] + value.slice(at + random(3))
  );
}

/** One file's content. */
export function hostileTokenizer(random: Random): string | Buffer {
  const definition = JSON.parse(BASE_TEXTS[random(BASES.length)]) as Json;
  for (let count = random(4); count > 0; count--) damage(definition, random);
  const json = JSON.stringify(definition);
  const at = random(json.length);
  switch (random(12)) {
    case 0:
      return json.slice(0, at);
    case 1:
      return json.slice(0, at) + RAW[random(RAW.length)] + json.slice(at + random(10));
    case 2:
      return json.replace(/:("[^"]*"|\d+|true|false|null)/, `:${RAW[random(RAW.length)]}`);
    case 3: {
      const damaged = Buffer.from(json);
      damaged[at] ^= 1 << random(8);
      return damaged;
    }
    default:
      return json;
  }
}
