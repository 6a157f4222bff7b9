/**
 * Documents of the Shapes world as language models are taught them, in the prompts of BLIP-2.
 * B batch, P prompt tokens, T target tokens.
 *
 *   decoder-only      context → </s>Question: … Answer: red⏎ Question: … Answer: circle⏎ a red circle⏎
 *                     </s>context → Question: … Answer: red⏎ …
 *   encoder-decoder   context Question: … Short answer:</s> → red</s>
 *                     context a red</s> → circle above a blue square</s>
 *
 * A decoder-only model has its `</s>` before the context, as any text, or after it, as BLIP-2 has it after the queries.
 */
import { drawDocument, type DocumentOptions, type TextDocument, type Turn } from '@blip2/datasets';
import { Blip2Error } from '../../runtime';
import { padRows, splitPrefix, type Tokenizer } from '../../text';
import type { LanguageTower } from '../../models';
import type { HostTensor } from '../../checkpoints';
import { drawBelow } from '../../data';
import { QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../../generate';

/** What a target token is part of: what is given of a turn, an answer or a caption (their end token among them). */
export const PART = { given: 0, answer: 1, caption: 2 } as const;

/** A document in tokens. */
interface Sample {
  prompt: number[];
  /** For each token of the prompt: 1 if it belongs to the context. */
  context: number[];
  target: number[];
  /** Of `PART`, for each token of the target. */
  parts: number[];
}

/** Int32 [B, P]: promptIds, promptMask, contextMask; [B, T]: targetIds, targetMask, parts. */
export type DocumentBatch = Record<
  'promptIds' | 'promptMask' | 'contextMask' | 'targetIds' | 'targetMask' | 'parts',
  HostTensor
>;

interface Layout {
  /** P and T: every document fits, if need be without its last turns. */
  promptLength: number;
  targetLength: number;
  turns: number;
  padSide: 'left' | 'right';
  sample: (document: TextDocument, lot: number) => Sample;
}

const RESOLUTION = 2 ** 16;
const LOT_STREAM = 3;

/** Batches of documents number `first` to `first + count − 1`, always of the same shapes. */
export function documentTexts(
  tower: LanguageTower,
  tokenizer: Tokenizer,
): (first: number, count: number, options: DocumentOptions) => DocumentBatch {
  const isDecoderOnly = tower.architecture === 'decoder-only';
  const { promptLength, targetLength, turns, padSide, sample } = isDecoderOnly
    ? continued(tokenizer, tower.tokens.eos)
    : answered(tokenizer);
  return (first, count, options) => {
    const samples = Array.from({ length: count }, (_, i) => {
      const lot = drawBelow(RESOLUTION, options.seed ?? 0, LOT_STREAM, first + i) / RESOLUTION;
      return sample(drawDocument(first + i, { turns, ...options }), lot);
    });
    const rows = (name: keyof Sample) => samples.map((one) => one[name]);
    const prompts = padded(rows('prompt'), promptLength, padSide, tower.tokens.pad);
    const targets = padded(rows('target'), targetLength, 'right', tower.tokens.pad);
    return {
      promptIds: prompts.ids,
      promptMask: prompts.mask,
      contextMask: padded(rows('context'), promptLength, padSide, 0).ids,
      targetIds: targets.ids,
      targetMask: targets.mask,
      parts: padded(rows('parts'), targetLength, 'right', PART.given).ids,
    };
  };
}

/** For decoder-only models: all turns in a row. */
function continued(tokenizer: Tokenizer, eos: number): Layout {
  const targetLength = 48;
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const begin = tokenizer.encode('');
  const sample = (document: TextDocument, lot: number): Sample => {
    const isBegunAfter = lot < 0.5;
    const words = encode(document.context);
    const before = isBegunAfter ? words : [...begin, ...words];
    const target = isBegunAfter ? [...begin] : [];
    const parts: number[] = target.map(() => PART.given);
    document.turns.forEach((turn, i) => {
      const space = i === 0 && !isBegunAfter ? ' ' : '';
      const prompt = givenOf(turn, QUESTION_ANSWER);
      const given = prompt === '' ? [] : encode(`${space}${prompt}`);
      const written = [...encode(`${prompt === '' ? space : ' '}${turn.answer}`), eos];
      if (target.length + given.length + written.length > targetLength) return;
      target.push(...given, ...written);
      parts.push(...given.map(() => PART.given), ...written.map(() => partOf(turn)));
    });
    const context = before.map((_, i) => (i < before.length - words.length ? 0 : 1));
    return { prompt: before, context, target, parts };
  };
  return { promptLength: 32, targetLength, turns: 3, padSide: 'left', sample };
}

/** For encoder-decoders: one turn; of captions the end is written. */
function answered(tokenizer: Tokenizer): Layout {
  const sample = ({ context, turns: [turn] }: TextDocument, lot: number): Sample => {
    const words = tokenizer.encode(context, { addSpecialTokens: false });
    const isCaption = turn.kind === 'caption';
    const { prefix, suffix } = isCaption
      ? splitPrefix(turn.answer, lot)
      : { prefix: '', suffix: turn.answer };
    const given = tokenizer.encode(`${givenOf(turn, QUESTION_SHORT_ANSWER)} ${prefix}`);
    const target = tokenizer.encode(suffix);
    return {
      prompt: [...words, ...given],
      context: [...words.map(() => 1), ...given.map(() => 0)],
      target,
      parts: target.map(() => partOf(turn)),
    };
  };
  return { promptLength: 48, targetLength: 20, turns: 1, padSide: 'right', sample };
}

const partOf = ({ kind }: Turn): number => (kind === 'caption' ? PART.caption : PART.answer);

const givenOf = ({ kind, prompt }: Turn, template: string): string =>
  kind === 'caption' ? prompt : template.replace('{}', () => prompt);

function padded(
  rows: readonly (readonly number[])[],
  length: number,
  side: 'left' | 'right',
  filler: number,
): Record<'ids' | 'mask', HostTensor> {
  const tooLong = rows.find((row) => row.length > length);
  if (tooLong) {
    throw new Blip2Error(`A document has ${tooLong.length} tokens where there is room for ${length}`);
  }
  const { ids, mask, shape } = padRows(rows, { length, pad: filler, side });
  return { ids: { shape, data: ids }, mask: { shape, data: mask } };
}
