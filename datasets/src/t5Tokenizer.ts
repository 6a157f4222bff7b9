/** A Unigram vocabulary as the two files of a Hugging Face tokenizer like T5's. */
import { specialToken, type TokenizerFiles } from './tokenizerFiles';
import { type ScoredPiece } from './unigram';

/** Ids 0 to 2, as T5 has them. After the pieces come the sentinels, the last first, then BLIP-2's `<image>`. */
const SPECIALS = ['<pad>', '</s>', '<unk>'] as const;
const IMAGE = '<image>';

/**
 * T5's pipeline without its character map, which would be many times as large as all the rest.
 * @param pieces ids follow their order, from 3 on
 * @param sentinels how many `<extra_id_…>` there are, which stand for what T5's pre-training leaves out of a text
 */
export function t5Tokenizer(pieces: readonly ScoredPiece[], sentinels: number): TokenizerFiles {
  const extra = Array.from({ length: sentinels }, (_, i) => `<extra_id_${i}>`);
  const vocab = [
    ...SPECIALS.map((token): ScoredPiece => [token, 0]),
    ...pieces,
    ...[...extra].reverse().map((token): ScoredPiece => [token, 0]),
  ];
  const firstExtra = vocab.length - sentinels;
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  const end = { SpecialToken: { id: '</s>', type_id: 0 } };
  const text = (id: string) => ({ Sequence: { id, type_id: 0 } });
  return {
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [
        ...SPECIALS.map(specialToken),
        ...[...extra].reverse().map((token, i) => specialToken(token, firstExtra + i)),
        specialToken(IMAGE, vocab.length),
      ],
      normalizer: null,
      pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
      post_processor: {
        type: 'TemplateProcessing',
        single: [text('A'), end],
        pair: [text('A'), end, text('B'), end],
        special_tokens: { '</s>': { id: '</s>', ids: [SPECIALS.indexOf('</s>')], tokens: ['</s>'] } },
      },
      decoder: metaspace,
      model: { type: 'Unigram', unk_id: SPECIALS.indexOf('<unk>'), vocab, byte_fallback: false },
    },
    config: {
      eos_token: '</s>',
      extra_ids: sentinels,
      extra_special_tokens: [...extra, IMAGE],
      model_max_length: 512,
      pad_token: '<pad>',
      tokenizer_class: 'T5Tokenizer',
      unk_token: '<unk>',
    },
  };
}
