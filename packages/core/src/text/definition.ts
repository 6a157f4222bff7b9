/**
 * What a tokenizer folder may say: `tokenizer.json` as Python's `tokenizers` writes it, for the three kinds that BLIP-2
 * meets (WordPiece: BERT; byte-level BPE: OPT, CLIP; Unigram: T5). Anything else is refused by name. The limits keep a
 * hostile file from asking for more memory or time than its size and the text's call for.
 */
import { z } from 'zod';
import { KNOWN_PATTERNS } from './patterns';

/** Steps in a sequence of normalizers; published ones have 3. */
const MOST_STEPS = 8;
/** The largest published vocabularies have a quarter of a million tokens. */
const LARGEST_ID = 1 << 22;

const flag = z.boolean();
const id = z.int().min(0).max(LARGEST_ID);
const affix = z.string().max(16);
const knownRegex = z.string().refine((source) => KNOWN_PATTERNS.has(source), {
  error: 'this regular expression is none of the known ones',
});

const replace = z
  .object({
    type: z.literal('Replace'),
    /** One of the two. */
    pattern: z.object({ String: z.string().min(1).optional(), Regex: knownRegex.optional() }),
    content: z.string(),
  })
  .refine(({ pattern }) => (pattern.String === undefined) !== (pattern.Regex === undefined), {
    error: 'expected a String or a Regex',
    path: ['pattern'],
  })
  // Repeated, a longer content would double the text again and again.
  .refine(({ pattern, content }) => content.length <= (pattern.String?.length ?? 1), {
    error: 'the content is longer than the pattern',
    path: ['content'],
  });

const oneNormalizer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('BertNormalizer'),
    clean_text: flag,
    handle_chinese_chars: flag,
    strip_accents: flag.nullish(),
    lowercase: flag,
  }),
  z.object({ type: z.literal('Precompiled'), precompiled_charsmap: z.string() }),
  z.object({ type: z.literal('NFC') }),
  z.object({ type: z.literal('Lowercase') }),
  z.object({ type: z.literal('Strip'), strip_left: flag, strip_right: flag }),
  replace,
]);
const normalizerSequence = z.object({
  type: z.literal('Sequence'),
  normalizers: z
    .array(oneNormalizer)
    .max(MOST_STEPS)
    .refine((steps) => steps.filter(({ type }) => type === 'Precompiled').length < 2, {
      error: 'Precompiled is there twice',
    }),
});
const normalizer = z.discriminatedUnion('type', [...oneNormalizer.options, normalizerSequence]);

const metaspace = z.object({
  type: z.literal('Metaspace'),
  replacement: z.string().refine((text) => [...text].length === 1, { error: 'expected one character' }),
  // Files from before 2024 have `add_prefix_space` alone.
  add_prefix_space: flag.nullish(),
  prepend_scheme: z.enum(['always', 'first', 'never']).optional(),
  split: flag.nullish(),
});
const onePreTokenizer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('BertPreTokenizer') }),
  z.object({ type: z.literal('WhitespaceSplit') }),
  z.object({ type: z.literal('ByteLevel'), add_prefix_space: flag, use_regex: flag.optional() }),
  z.object({
    type: z.literal('Split'),
    pattern: z.object({ Regex: knownRegex }),
    behavior: z.literal('Removed'),
    invert: z.literal(true),
  }),
  metaspace,
]);
const preTokenizer = z.discriminatedUnion('type', [
  ...onePreTokenizer.options,
  z.object({ type: z.literal('Sequence'), pretokenizers: z.array(onePreTokenizer).max(MOST_STEPS) }),
]);

const tokenAndId = z.tuple([z.string(), id]);
const postProcessor = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('TemplateProcessing'),
    /** Each entry is one of the two. */
    single: z.array(
      z
        .object({
          SpecialToken: z.object({ id: z.string() }).optional(),
          Sequence: z.object({ id: z.literal('A') }).optional(),
        })
        .refine(({ SpecialToken, Sequence }) => !SpecialToken !== !Sequence, {
          error: 'expected a SpecialToken or the Sequence A',
        }),
    ),
    special_tokens: z.record(z.string(), z.object({ ids: z.array(id) })),
  }),
  z.object({ type: z.literal('BertProcessing'), cls: tokenAndId, sep: tokenAndId }),
  z.object({ type: z.literal('RobertaProcessing'), cls: tokenAndId, sep: tokenAndId }),
  z.object({ type: z.literal('ByteLevel') }),
]);

const decoder = z.discriminatedUnion('type', [
  z.object({ type: z.literal('WordPiece'), prefix: affix, cleanup: flag }),
  z.object({ type: z.literal('ByteLevel') }),
  metaspace,
]);

/** Tables are checked by hand: they are large, and a copy of them would lose a token named `__proto__`. */
function table<T>(check: (value: unknown) => string | undefined) {
  return z.unknown().transform((value, context) => {
    const problem = check(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    return value as T;
  });
}

const isId = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST_ID;
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

const vocabulary = table<Record<string, number>>((value) => {
  if (!isObject(value)) return 'expected an object of tokens and their ids';
  const ids = value as Record<string, unknown>;
  for (const token in ids) {
    if (!isId(ids[token])) return `${JSON.stringify(token)} has no id between 0 and ${LARGEST_ID}`;
  }
  return undefined;
});

const isScored = (entry: unknown) =>
  Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && Number.isFinite(entry[1]);
const scoredVocabulary = table<[string, number][]>((value) => {
  if (!Array.isArray(value) || value.length === 0) return 'expected a list of tokens and their scores';
  const wrong = value.findIndex((entry) => !isScored(entry));
  return wrong < 0 ? undefined : `entry ${wrong} is no token with a score`;
});

const isMerge = (entry: unknown) => {
  const parts: unknown = typeof entry === 'string' ? entry.split(' ') : entry;
  return Array.isArray(parts) && parts.length === 2 && parts.every((part) => typeof part === 'string');
};
const merges = table<(string | [string, string])[]>((value) => {
  if (!Array.isArray(value)) return 'expected a list of merges';
  const wrong = value.findIndex((entry) => !isMerge(entry) || typeof entry !== typeof value[0]);
  return wrong < 0 ? undefined : `merge ${wrong} is no pair of tokens`;
});

const model = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('WordPiece'),
    vocab: vocabulary,
    unk_token: z.string(),
    continuing_subword_prefix: affix,
    // A word of n characters that is not known costs n² look-ups.
    max_input_chars_per_word: z.int().min(0).max(1000),
  }),
  z.object({
    type: z.literal('BPE'),
    vocab: vocabulary,
    merges,
    unk_token: z.string().nullish(),
    end_of_word_suffix: affix.nullish(),
    continuing_subword_prefix: z.literal('').nullish(),
    dropout: z.literal(0).nullish(),
    fuse_unk: flag.optional(),
    byte_fallback: z.literal(false).optional(),
    ignore_merges: flag.optional(),
  }),
  z.object({
    type: z.literal('Unigram'),
    vocab: scoredVocabulary,
    unk_id: z.int().min(0),
    byte_fallback: z.literal(false).optional(),
  }),
]);

const addedToken = z.object({
  content: z.string(),
  single_word: flag,
  lstrip: flag,
  rstrip: flag,
  normalized: flag,
  special: flag,
});

/** `tokenizer.json`. Files from before 2022 name no type of model. */
export const tokenizerFile = z.object({
  added_tokens: z.array(addedToken).max(20_000).default([]),
  normalizer: normalizer.nullish(),
  pre_tokenizer: preTokenizer.nullish(),
  post_processor: postProcessor.nullish(),
  decoder: decoder.nullish(),
  model: z.preprocess(
    (value) => (isObject(value) ? { type: modelType(value as object), ...(value as object) } : value),
    model,
  ),
});

function modelType(value: object): string {
  if ('vocab' in value && Array.isArray(value.vocab)) return 'Unigram';
  return 'merges' in value ? 'BPE' : 'WordPiece';
}

const tokenName = z
  .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

/** `tokenizer_config.json` and `special_tokens_map.json`: what is used of them. */
export const tokenizerConfigFile = z.object({
  bos_token: tokenName,
  eos_token: tokenName,
  pad_token: tokenName,
  clean_up_tokenization_spaces: flag.nullish(),
});

export type TokenizerDefinition = z.output<typeof tokenizerFile>;
export type TokenizerConfig = z.output<typeof tokenizerConfigFile>;
export type NormalizerDefinition = z.output<typeof normalizer>;
export type PreTokenizerDefinition = z.output<typeof preTokenizer>;
export type PostProcessorDefinition = z.output<typeof postProcessor>;
export type DecoderDefinition = z.output<typeof decoder>;
export type ModelDefinition = z.output<typeof model>;
export type MetaspaceDefinition = z.output<typeof metaspace>;
export type AddedTokenDefinition = z.output<typeof addedToken>;
