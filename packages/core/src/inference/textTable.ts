/** Texts in tokens, by number, and how they stand beside an image: packed, in batches of few sizes. N texts, T text tokens. */
import { tf } from '../runtime';
import type { Tokenizer } from '../text';
import type { PackedTexts, Text } from '../models';

/** Numbers of rows, and the longest text's tokens, go in such steps. */
const [ROWS_STEP, LONGEST_STEP] = [16, 4];
/** Texts beside an image at once; what is left over goes in smaller batches, fewer than `FEW` in a power of two. */
const [MANY, FEW] = [32, 8];

/** Texts as the Q-Former reads them. */
export class TextTable {
  private readonly ids: Int32Array[];
  /** Of the longest text, rounded up. */
  private readonly paddedLength: number;

  /** @param most tokens, special ones included, after which a text is cut */
  constructor(texts: readonly string[], tokenizer: Tokenizer, most: number) {
    this.ids = texts.map((text) => {
      const { ids, mask } = tokenizer.encodeBatch([text], { maxLength: most });
      return ids.slice(
        0,
        mask.reduce((sum, one) => sum + one, 0),
      );
    });
    const longest = this.ids.reduce((length, ids) => Math.max(length, ids.length), 0);
    this.paddedLength = Math.min(upTo(longest, LONGEST_STEP), most);
  }

  get size(): number {
    return this.ids.length;
  }

  /** Of a text, in tokens. */
  length(text: number): number {
    return this.ids[text].length;
  }

  /** Some texts, padded to one length, which is the same for all of the table. int32 [N, T] */
  padded(texts: readonly number[]): Text {
    const length = this.paddedLength;
    const [ids, mask] = [new Int32Array(texts.length * length), new Int32Array(texts.length * length)];
    texts.forEach((text, row) => {
      ids.set(this.ids[text], row * length);
      mask.fill(1, row * length, row * length + this.ids[text].length);
    });
    const shape: [number, number] = [texts.length, length];
    return { ids: tf.tensor2d(ids, shape, 'int32'), mask: tf.tensor2d(mask, shape, 'int32') };
  }

  /** Some texts, packed; there may be more pairs than texts, which have none. */
  packed(texts: readonly number[]): PackedTexts {
    const pairs = pairsFor(texts.length);
    const lengths = texts.map((text) => this.length(text));
    const longest = upTo(Math.max(...lengths), LONGEST_STEP);
    const rows = upTo(
      lengths.reduce((sum, length) => sum + length, 0),
      ROWS_STEP,
    );
    const [ids, places] = [new Int32Array(rows), new Int32Array(rows)];
    const tokens = new Int32Array(pairs * longest).fill(-1);
    let at = 0;
    texts.forEach((text, pair) => {
      ids.set(this.ids[text], at);
      for (let place = 0; place < lengths[pair]; place++, at++) {
        places[at] = pair * longest + place;
        tokens[places[at]] = at;
      }
    });
    return {
      ids: tf.tensor1d(ids, 'int32'),
      places: tf.tensor1d(places, 'int32'),
      tokens: tf.tensor2d(tokens, [pairs, longest], 'int32'),
    };
  }

  /**
   * Texts in batches of about as many tokens for their size, so that few numbers of rows come up: the longest first, each to
   * the batch that has least.
   */
  batches(texts: readonly number[]): number[][] {
    const batches = Array.from({ length: Math.ceil(texts.length / MANY) }, (_, i) => ({
      size: Math.min(MANY, texts.length - i * MANY),
      some: [] as number[],
      rows: 0,
    }));
    const fill = ({ rows, size, some }: (typeof batches)[number]) =>
      some.length < size ? rows / size : Infinity;
    const longestFirst = [...texts].sort((a, b) => this.length(b) - this.length(a));
    for (const text of longestFirst) {
      const emptiest = batches.reduce((least, batch) => (fill(batch) < fill(least) ? batch : least));
      emptiest.some.push(text);
      emptiest.rows += this.length(text);
    }
    return batches.map(({ some }) => some);
  }
}

const upTo = (count: number, step: number): number => Math.ceil(count / step) * step;
const pairsFor = (texts: number): number =>
  texts < FEW ? 2 ** Math.ceil(Math.log2(texts)) : upTo(texts, FEW);
