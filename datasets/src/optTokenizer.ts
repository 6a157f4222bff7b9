/** A byte-level BPE vocabulary as the two files of a Hugging Face tokenizer like OPT's in BLIP-2. */
import { type BytePairs } from './bytePairs';
import { specialToken, type TokenizerFiles } from './tokenizerFiles';

/** Ids 0 to 3, as OPT has them; `</s>` begins every text. `<image>`, where BLIP-2 puts its queries, comes last. */
const SPECIALS = ['<s>', '<pad>', '</s>', '<unk>'] as const;
const IMAGE = '<image>';

/** Ids follow the order of the pieces, from 4 on. The newline, which ends a caption, is one of the bytes: `Ċ`. */
export function optTokenizer({ pieces, merges }: BytePairs): TokenizerFiles {
  const tokens = [...SPECIALS, ...pieces];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const begin = { SpecialToken: { id: '</s>', type_id: 0 } };
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [...SPECIALS.map(specialToken), specialToken(IMAGE, tokens.length)],
      normalizer: null,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      post_processor: {
        type: 'TemplateProcessing',
        single: [begin, text('A', 0)],
        pair: [begin, text('A', 0), { SpecialToken: { id: '</s>', type_id: 1 } }, text('B', 1)],
        special_tokens: { '</s>': { id: '</s>', ids: [SPECIALS.indexOf('</s>')], tokens: ['</s>'] } },
      },
      decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: '',
        end_of_word_suffix: '',
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab,
        merges,
      },
    },
    config: {
      add_bos_token: true,
      add_prefix_space: false,
      bos_token: '</s>',
      eos_token: '</s>',
      errors: 'replace',
      extra_special_tokens: ['<s>', '<unk>', IMAGE],
      model_max_length: 2048,
      pad_token: '<pad>',
      tokenizer_class: 'GPT2Tokenizer',
      unk_token: '</s>',
    },
  };
}
