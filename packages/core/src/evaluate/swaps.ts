/**
 * Does a model read more of a caption than its words? The true caption of a picture against a false one that differs by
 * one exchange: of colors, of the relation, … Chance is 50%, and a bag of words has no more.
 */
import { Blip2Error } from '../runtime';
import { cleanCaption } from '../text';
import type { ImageTextSplit } from '../data';
import type { RetrievalModel } from './retrieval';

/** One line of a table. */
export interface SwapRow {
  /** What was exchanged. */
  swap: string;
  /** Captions that admit the exchange. */
  captions: number;
  /** Share of them, in percent, of which the true one scores higher. */
  itc: number;
  itm: number;
}

/** Places of the true and the false caption among the pairs. */
interface Comparison {
  swap: string;
  right: number;
  wrong: number;
}

/**
 * By kind of exchange, in the order in which the data names them.
 * @throws Blip2Error if the data has no swapped captions
 */
export async function evaluateSwaps(model: RetrievalModel, split: ImageTextSplit): Promise<SwapRow[]> {
  const { images, texts, rows, comparisons } = compare(split);
  const pool = await model.encodePool(split, texts);
  const cosine = (pair: number) => pool.similarities[images[pair] * texts.length + rows[pair]];
  const logits = await pool.matchLogits(Int32Array.from(images), Int32Array.from(rows));
  const kinds = [...new Set(comparisons.map(({ swap }) => swap))];
  return kinds.map((kind) => {
    const own = comparisons.filter(({ swap }) => swap === kind);
    const share = (score: (pair: number) => number) =>
      (100 * own.filter(({ right, wrong }) => score(right) > score(wrong)).length) / own.length;
    return { swap: kind, captions: own.length, itc: share(cosine), itm: share((pair) => logits[pair]) };
  });
}

/** All pairs of a picture and a text that are to be scored: pair n is (images[n], texts[rows[n]]). */
function compare(split: ImageTextSplit) {
  const texts: string[] = [];
  const known = new Map<string, number>();
  const [images, rows]: number[][] = [[], []];
  const comparisons: Comparison[] = [];
  const add = (image: number, caption: string): number => {
    const text = cleanCaption(caption);
    if (!known.has(text)) known.set(text, texts.push(text) - 1);
    images.push(image);
    return rows.push(known.get(text)!) - 1;
  };
  for (let image = 0; image < split.size; image++) {
    for (const { caption, swapped } of split.swaps?.(image) ?? []) {
      const right = add(image, caption);
      for (const [swap, text] of Object.entries(swapped)) {
        comparisons.push({ swap, right, wrong: add(image, text) });
      }
    }
  }
  if (comparisons.length > 0) return { images, texts, rows, comparisons };
  throw new Blip2Error(`${split.name}: there are no swapped captions`, { hint: 'Shapes has some.' });
}
