/**
 * Documents as language models are taught them, in the prompts of BLIP-2: what is said of something, then questions with
 * their answers, and captions.
 * B batch, P prompt tokens, T target tokens.
 *
 *   decoder-only      context → </s>Question: … Answer: red⏎ Question: … Answer: circle⏎ a red circle⏎
 *                     </s>context → Question: … Answer: red⏎ …
 *   encoder-decoder   context Question: … Short answer:</s> → red</s>
 *                     context a red</s> → circle above a blue square</s>
 *
 * A decoder-only model has its `</s>` before the context, as any text, or after it, as BLIP-2 has it after the queries.
 */
import { Random } from '@blip2/datasets';
import { Blip2Error } from '../../runtime';
import { padRows, splitPrefix, type Tokenizer } from '../../text';
import type { LanguageTower } from '../../models';
import type { HostTensor } from '../../checkpoints';
import { QUESTION_ANSWER, QUESTION_SHORT_ANSWER } from '../../generate';
import { readPrompt, type ContextShares, type Position } from './softContext';

/** Something to be written after a context. */
export interface Turn {
  /** `caption`, or any kind of question. */
  kind: string;
  /** The question; of a caption its first words, or none. */
  prompt: string;
  answer: string;
}

export interface LanguageDocument {
  context: string;
  turns: readonly Turn[];
}

/** Where documents come from. */
export interface DocumentSource {
  /**
   * A document, a function of its number and of the options alone.
   * @param options.progress share of the training that is done, from 0 to 1
   */
  draw(number: number, options: { seed: number; turns: number; progress: number }): LanguageDocument;
  /** Tells the tokens after which a phrase of a context ends. */
  phraseEnds(tokenizer: Tokenizer): (token: number) => boolean;
}

/** What a target token is part of: what is given of a turn, an answer or a caption (their end token among them). */
export const PART = { given: 0, answer: 1, caption: 2 } as const;

/** A document in tokens. */
interface Sample {
  prompt: number[];
  /** Where in the prompt the context is. */
  context: { start: number; end: number };
  target: number[];
  /** Of `PART`, for each token of the target. */
  parts: number[];
}

/**
 * int32 [B, P]: promptIds (the words) and promptMask (of the positions, which may be fewer); float32 [B, P, P]: blend,
 * what each position reads of the words; float32 [B, P]: noise of the positions. int32 [B, T]: targetIds, targetMask,
 * parts.
 */
export type DocumentBatch = Record<
  'promptIds' | 'promptMask' | 'blend' | 'noise' | 'targetIds' | 'targetMask' | 'parts',
  HostTensor
>;

export type DocumentBatchOptions = ContextShares & { seed: number; progress: number };

interface Layout {
  /** P and T: a longer context is cut, and turns that do not fit are left out. */
  promptLength: number;
  targetLength: number;
  turns: number;
  padSide: 'left' | 'right';
  sample: (document: LanguageDocument, lot: number) => Sample;
}

/** Batches of documents number `first` to `first + count − 1`, always of the same shapes. */
export function documentTexts(
  tower: LanguageTower,
  tokenizer: Tokenizer,
  source: DocumentSource,
): (first: number, count: number, options: DocumentBatchOptions) => DocumentBatch {
  const isDecoderOnly = tower.architecture === 'decoder-only';
  const { promptLength, targetLength, turns, padSide, sample } = isDecoderOnly
    ? continued(tokenizer, tower.tokens.eos)
    : answered(tokenizer);
  const endsPhrase = source.phraseEnds(tokenizer);
  return (first, count, { blurred, soft, ...options }) => {
    const drawn = Array.from({ length: count }, (_, i) => {
      const random = new Random('reading', options.seed, first + i);
      const text = sample(source.draw(first + i, { turns, ...options }), random.unit());
      return { ...text, read: readPrompt(text.prompt, text.context, { blurred, soft }, endsPhrase, random) };
    });
    const rows = (name: 'prompt' | 'target' | 'parts') => drawn.map((one) => one[name]);
    const targets = padded(rows('target'), targetLength, 'right', tower.tokens.pad);
    return {
      promptIds: padded(rows('prompt'), promptLength, 'right', tower.tokens.pad).ids,
      ...positions(
        drawn.map(({ read }) => read),
        promptLength,
        padSide,
      ),
      targetIds: targets.ids,
      targetMask: targets.mask,
      parts: padded(rows('parts'), targetLength, 'right', PART.given).ids,
    };
  };
}

function positions(
  rows: readonly (readonly Position[])[],
  length: number,
  side: 'left' | 'right',
): Pick<DocumentBatch, 'promptMask' | 'blend' | 'noise'> {
  const shape = [rows.length, length];
  const blend = new Float32Array(rows.length * length * length);
  const noise = new Float32Array(rows.length * length);
  const mask = new Int32Array(rows.length * length);
  rows.forEach((read, row) => {
    const start = row * length + (side === 'left' ? length - read.length : 0);
    mask.fill(1, start, start + read.length);
    read.forEach((position, i) => {
      noise[start + i] = position.noise;
      for (const [token, weight] of position.reads) blend[(start + i) * length + token] = weight;
    });
  });
  return {
    promptMask: { shape, data: mask },
    blend: { shape: [...shape, length], data: blend },
    noise: { shape, data: noise },
  };
}

/** For decoder-only models: all turns in a row. */
function continued(tokenizer: Tokenizer, eos: number): Layout {
  const [promptLength, targetLength] = [32, 48];
  const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
  const begin = tokenizer.encode('');
  const sample = (document: LanguageDocument, lot: number): Sample => {
    const isBegunAfter = lot < 0.5;
    const words = encode(document.context).slice(0, promptLength - begin.length);
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
    const context = { start: before.length - words.length, end: before.length };
    return { prompt: before, context, target, parts };
  };
  return { promptLength, targetLength, turns: 3, padSide: 'left', sample };
}

/** For encoder-decoders: one turn; of captions the end is written. */
function answered(tokenizer: Tokenizer): Layout {
  const [promptLength, targetLength] = [48, 20];
  const sample = ({ context, turns: [turn] }: LanguageDocument, lot: number): Sample => {
    const isCaption = turn.kind === 'caption';
    const { prefix, suffix } = isCaption
      ? splitPrefix(turn.answer, lot)
      : { prefix: '', suffix: turn.answer };
    const given = tokenizer.encode(`${givenOf(turn, QUESTION_SHORT_ANSWER)} ${prefix}`).slice(-promptLength);
    const words = tokenizer
      .encode(context, { addSpecialTokens: false })
      .slice(0, promptLength - given.length);
    const target = tokenizer.encode(suffix).slice(0, targetLength);
    return {
      prompt: [...words, ...given],
      context: { start: 0, end: words.length },
      target,
      parts: target.map(() => partOf(turn)),
    };
  };
  return { promptLength, targetLength, turns: 1, padSide: 'right', sample };
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
