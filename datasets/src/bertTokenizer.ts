/** A WordPiece vocabulary as the two files of a Hugging Face tokenizer like bert-base-uncased's. */
import { type TokenizerFiles } from './tokenizerFiles';

/** Ids 0 to 4; `[DEC]`, which starts a caption to be generated, comes last of all, as LAVIS adds it to BERT's. */
const SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const DEC = '[DEC]';

/** @param pieces the vocabulary without specials; ids follow its order, from 5 on, then `[DEC]` */
export function bertTokenizer(pieces: readonly string[]): TokenizerFiles {
  const tokens = [...SPECIALS, ...pieces];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const added = [...SPECIALS.map((content, id) => ({ id, content })), { id: tokens.length, content: DEC }];
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const entry = (token: '[CLS]' | '[SEP]') => ({
    id: token,
    ids: [SPECIALS.indexOf(token)],
    tokens: [token],
  });
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.map(({ id, content }) => ({ id, content, ...flags })),
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
        single: [special('[CLS]', 0), sequence('A', 0), special('[SEP]', 0)],
        pair: [
          special('[CLS]', 0),
          sequence('A', 0),
          special('[SEP]', 0),
          sequence('B', 1),
          special('[SEP]', 1),
        ],
        special_tokens: { '[CLS]': entry('[CLS]'), '[SEP]': entry('[SEP]') },
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    },
    config: {
      added_tokens_decoder: Object.fromEntries(added.map(({ id, content }) => [id, { content, ...flags }])),
      bos_token: DEC,
      clean_up_tokenization_spaces: true,
      cls_token: '[CLS]',
      do_lower_case: true,
      mask_token: '[MASK]',
      model_max_length: 512,
      pad_token: '[PAD]',
      sep_token: '[SEP]',
      strip_accents: null,
      tokenize_chinese_chars: true,
      tokenizer_class: 'BertTokenizer',
      unk_token: '[UNK]',
    },
  };
}
