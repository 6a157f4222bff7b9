/**
 * Captions as stage 2 has them written (paper section 3.3; LAVIS's blip2_opt.py and blip2_t5.py): a decoder-only model
 * the whole of it, after the queries alone; an encoder-decoder its end, with the beginning in the encoder.
 * B batch, L prompt tokens, T target tokens.
 */
import { cleanCaption, padRows, splitPrefix, type EncodedBatch } from '../text';
import type { HostTensor } from '../checkpoints';
import { drawBelow, type FrozenLanguageModel, type ImageTextSplit } from '../data';

/** Of a stage-2 batch: int32 [B, L] and [B, T]. */
export type Stage2Texts = Record<'targetIds' | 'targetMask', HostTensor> &
  Partial<Record<'promptIds' | 'promptMask', HostTensor>>;

export interface TextSource {
  /**
   * Of the captions of some examples: a pure function of its arguments, always of the same shapes. `first`: the number in
   * the batch of all workers that the first of them has.
   */
  batch(examples: Int32Array, captions: Int32Array, step: number, first?: number): Stage2Texts;
}

interface TextOptions {
  maxLength: number;
  seed: number;
}

export function stage2Texts(
  split: ImageTextSplit,
  language: FrozenLanguageModel,
  options: TextOptions,
): TextSource {
  const isDecoderOnly = language.tower.architecture === 'decoder-only';
  return isDecoderOnly ? wholeCaptions(split, language, options) : partedCaptions(split, language, options);
}

/** The caption after what its tokenizer puts before a text, then the end token. */
function wholeCaptions(
  split: ImageTextSplit,
  language: FrozenLanguageModel,
  { maxLength }: TextOptions,
): TextSource {
  const { ids, pad } = wholeTexts(language, maxLength);
  const texts = Array.from({ length: split.size }, (_, i) => split.captions(i).map(ids));
  const length = longest(texts.flat());
  return {
    batch(examples, captions) {
      const rows = [...examples].map((example, row) => texts[example][captions[row]]);
      return targets(padRows(rows, { length, pad }));
    },
  };
}

function wholeTexts({ tower, tokenizer }: FrozenLanguageModel, maxLength: number) {
  const { eos, pad } = tower.tokens;
  const ids = (caption: string) => [...tokenizer.encode(cleanCaption(caption)), eos].slice(0, maxLength);
  return { ids, pad };
}

/** Split after a word drawn anew each time a caption comes up. */
function partedCaptions(
  split: ImageTextSplit,
  language: FrozenLanguageModel,
  { maxLength, seed }: TextOptions,
): TextSource {
  const captions = Array.from({ length: split.size }, (_, i) =>
    split.captions(i).map((text) => cleanCaption(text)),
  );
  const ids = captions.flat().map((text) => language.tokenizer.encode(text));
  const texts = partedTexts(language, { maxLength: Math.min(maxLength, longest(ids)), seed });
  return {
    batch: (examples, chosen, step, first) =>
      texts(
        [...examples].map((example, row) => captions[example][chosen[row]]),
        step,
        first,
      ),
  };
}

/** Of captions that were cleaned up, padded to `maxLength`. */
function partedTexts({ tokenizer }: FrozenLanguageModel, { maxLength, seed }: TextOptions) {
  const encode = (texts: string[]) => tokenizer.encodeBatch(texts, { maxLength });
  return (captions: readonly string[], step: number, firstRow = 0): Stage2Texts => {
    const parts = captions.map((caption, row) =>
      splitPrefix(caption, drawBelow(RESOLUTION, seed, SPLIT_STREAM, step, firstRow + row) / RESOLUTION),
    );
    const { ids, mask } = hostTensors(encode(parts.map(({ prefix }) => prefix)));
    return { promptIds: ids, promptMask: mask, ...targets(encode(parts.map(({ suffix }) => suffix))) };
  };
}

/**
 * The same of captions that are not known beforehand, cleaned up, all padded to `maxLength`.
 * @returns a function of captions, the step, and the number in the batch of all workers that the first one has
 */
export function streamedTexts(
  language: FrozenLanguageModel,
  options: TextOptions,
): (captions: readonly string[], step: number, firstRow?: number) => Stage2Texts {
  if (language.tower.architecture === 'encoder-decoder') return partedTexts(language, options);
  const { maxLength: length } = options;
  const { ids, pad } = wholeTexts(language, length);
  return (captions) => targets(padRows(captions.map(ids), { length, pad }));
}

const RESOLUTION = 2 ** 16;
const SPLIT_STREAM = 2;

const longest = (rows: readonly (readonly number[])[]): number =>
  rows.reduce((most, { length }) => Math.max(most, length), 1);

function targets(batch: EncodedBatch): Pick<Stage2Texts, 'targetIds' | 'targetMask'> {
  const { ids, mask } = hostTensors(batch);
  return { targetIds: ids, targetMask: mask };
}

const hostTensors = ({ ids, mask, shape }: EncodedBatch) => ({
  ids: { shape, data: ids },
  mask: { shape, data: mask },
});
