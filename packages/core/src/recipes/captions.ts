/** All captions of a split as token ids, ready to be picked from. T text tokens. */
import { Blip2Error } from '../runtime';
import { cleanCaption, type EncodedBatch, type Tokenizer } from '../text';
import type { HostTensor } from '../checkpoints';
import { BatchSource, type ImageTextSplit } from '../data';
import { ownRows, type Share } from '../train';

/** Rows of a table [N, T], chosen by number. */
export function selectRows(table: Int32Array, width: number, rows: ArrayLike<number>): HostTensor {
  const data = new Int32Array(rows.length * width);
  for (let row = 0; row < rows.length; row++) {
    data.set(table.subarray(rows[row] * width, (rows[row] + 1) * width), row * width);
  }
  return { shape: [rows.length, width], data };
}

export class CaptionTable {
  private readonly encoded: EncodedBatch;
  /** Row of each example's first caption, and one past the last. */
  private readonly first: Int32Array;

  constructor(split: ImageTextSplit, tokenizer: Tokenizer, maxLength: number) {
    const texts: string[] = [];
    this.first = new Int32Array(split.size + 1);
    for (let i = 0; i < split.size; i++) {
      if (split.captions(i).length === 0) {
        throw new Blip2Error(`${split.name}: picture ${split.id(i)} has no caption`, {
          hint: 'Leave it out, or caption it.',
        });
      }
      texts.push(...split.captions(i).map((caption) => cleanCaption(caption)));
      this.first[i + 1] = texts.length;
    }
    this.encoded = encodeTexts(texts, tokenizer, maxLength);
  }

  count(example: number): number {
    return this.first[example + 1] - this.first[example];
  }

  /** Ids and mask [B, T] of the chosen caption of each example. */
  batch(examples: Int32Array, captions: Int32Array): { ids: HostTensor; mask: HostTensor } {
    const rows = examples.map((example, row) => this.first[example] + captions[row]);
    const { ids, mask, shape } = this.encoded;
    return { ids: selectRows(ids, shape[1], rows), mask: selectRows(mask, shape[1], rows) };
  }
}

/** Texts padded to the longest of them, cut at `maxLength`. */
export function encodeTexts(texts: readonly string[], tokenizer: Tokenizer, maxLength: number): EncodedBatch {
  const longest = texts.reduce((most, text) => Math.max(most, tokenizer.encode(text).length), 0);
  return tokenizer.encodeBatch(texts, { maxLength: Math.min(longest, maxLength) });
}

/** Of one step: which pictures, and one caption of each as int32 [B, T]. */
export interface CaptionBatch {
  indices: Int32Array;
  text: { textIds: HostTensor; textMask: HostTensor };
}

/** Captioned pictures in batches, own rows of them: a pure function of the step. */
export function captionBatches(
  split: ImageTextSplit,
  tokenizer: Tokenizer,
  {
    maxTextLength,
    batchSize,
    seed,
    share,
  }: { maxTextLength: number; batchSize: number; seed: number; share?: Share },
): (step: number) => CaptionBatch {
  const table = new CaptionTable(split, tokenizer, maxTextLength);
  const captions = (example: number) => table.count(example);
  const source = new BatchSource({ size: split.size, batchSize, seed, captions });
  return (step) => {
    const batch = ownRows(source.batch(step), share);
    const { ids, mask } = table.batch(batch.indices, batch.captions);
    return { indices: batch.indices, text: { textIds: ids, textMask: mask } };
  };
}
