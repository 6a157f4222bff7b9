/** A BERT-style WordPiece tokenizer of a dozen words, written to a temporary folder. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]'];
const WORDS = ['a', 'red', 'green', 'blue', 'circle', 'square', 'above', 'left', 'of', '##s'];

export function tinyTokenizerFolder(words: string[] = WORDS): string {
  const dir = mkdtempSync(join(tmpdir(), 'blip2-tokenizer-'));
  const tokens = [...SPECIAL, ...words];
  const added = [...SPECIAL, '[DEC]'].map((content) => {
    const id = content === '[DEC]' ? tokens.length : tokens.indexOf(content);
    return {
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    };
  });
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  const processor = {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
    },
  };
  const definition = {
    version: '1.0',
    added_tokens: added,
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: processor,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(definition));
  const config = { pad_token: '[PAD]', tokenizer_class: 'BertTokenizer', do_lower_case: true };
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify(config));
  return dir;
}
