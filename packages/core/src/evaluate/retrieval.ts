/**
 * Image-text retrieval (BLIP-2 section 4.4): recall by ITC similarity, and after re-ranking the top k by ITM. An image is
 * found with any of its texts (five in COCO and Flickr30K), a text with its image. I images, T texts.
 */
import { Blip2Error } from '../runtime';
import { cleanCaption } from '../text';
import type { ImageTextSplit } from '../data';
import {
  ranks,
  recall,
  rerank,
  topColumns,
  transpose,
  transposeRelevance,
  type Recall,
  type Scores,
  type Ties,
} from './ranking';

/** A pool of images and texts, encoded once. */
export interface EncodedPool {
  /** Cosine of each image (best query) and text, row-major [I, T]. */
  similarities: Float32Array;
  /** Logit of "they match" for pairs (images[n], texts[n]). */
  matchLogits(images: Int32Array, texts: Int32Array): Promise<Float32Array>;
}

/** What can be evaluated: anything that encodes a pool. */
export interface RetrievalModel {
  encodePool(images: ImageTextSplit, texts: readonly string[]): Promise<EncodedPool>;
}

/** How retrieval is measured. */
export interface RetrievalOptions {
  /** Candidates re-ranked by ITM in each direction; 128 as in the paper unless given, 0: no re-ranking. */
  k?: number;
  /**
   * Texts that read alike: one text of all their images (`merge`, the default), or each the text of its own image
   * alone (`apart`: the standard protocol, as in LAVIS; of two pictures with equal captions one is then always wrong).
   */
  equalTexts?: 'merge' | 'apart';
  /** What becomes of equal scores; `lost` unless given. */
  ties?: Ties;
  /**
   * Measure by truth as well: where captions leave things unsaid, a text may be true of pictures that it was not
   * written for, and to find one of those is no mistake.
   */
  byTruth?: boolean;
}

/** One line of a table. */
export interface RetrievalRow extends Recall {
  direction: 'image→text' | 'text→image';
  scores: 'ITC' | 'ITM';
}

/** Recall in both directions. */
export interface Retrieval {
  images: number;
  texts: number;
  k: number;
  /** ITC both ways, then ITM both ways. */
  rows: RetrievalRow[];
  /** The same where a text counts as found with every picture that it is true of; only with `byTruth`. */
  truthRows?: RetrievalRow[];
}

/** The texts of a split and, for each image, which are its own. */
export function textPool(
  split: ImageTextSplit,
  equalTexts: 'merge' | 'apart' = 'merge',
): { texts: string[]; relevant: number[][] } {
  const texts: string[] = [];
  const known = new Map<string, number>();
  const add = (text: string) => {
    const seen = equalTexts === 'merge' ? known.get(text) : undefined;
    if (seen !== undefined) return seen;
    known.set(text, texts.length);
    return texts.push(text) - 1;
  };
  const relevant = Array.from({ length: split.size }, (_, image) => [
    ...new Set(split.captions(image).map((caption) => add(cleanCaption(caption)))),
  ]);
  return { texts, relevant };
}

/** @throws Blip2Error if the data cannot tell */
function trueTexts(split: ImageTextSplit, texts: readonly string[]): number[][] {
  if (!split.describes) {
    throw new Blip2Error(`${split.name}: the data cannot tell which texts are true of which pictures`, {
      hint: 'Leave byTruth out. Shapes can tell.',
    });
  }
  return Array.from({ length: split.size }, (_, image) =>
    texts.flatMap((text, i) => (split.describes!(image, text) ? [i] : [])),
  );
}

/** Scores of the texts for each image, and of the images for each text. */
type BothWays = [toText: Scores, toImage: Scores];

/**
 * Recall@1/5/10 both ways over a split, in percent.
 * @throws Blip2Error if `byTruth` is asked of data that cannot tell
 */
export async function evaluateRetrieval(
  model: RetrievalModel,
  split: ImageTextSplit,
  options: RetrievalOptions = {},
): Promise<Retrieval> {
  const { k = 128, equalTexts, ties, byTruth = false } = options;
  const { texts, relevant } = textPool(split, equalTexts);
  const truth = byTruth ? trueTexts(split, texts) : undefined;
  const pool = await model.encodePool(split, texts);
  const toText: Scores = { rows: split.size, columns: texts.length, values: pool.similarities };
  const itc: BothWays = [toText, transpose(toText)];
  const itm = k > 0 ? await reranked(pool, ...itc, k) : undefined;

  const rows = (relevance: number[][]): RetrievalRow[] => [
    ...recallRows('ITC', itc, relevance, ties),
    ...(itm ? recallRows('ITM', itm, relevance, ties) : []),
  ];
  const result = { images: split.size, texts: texts.length, k, rows: rows(relevant) };
  return truth ? { ...result, truthRows: rows(truth) } : result;
}

/** @param relevant texts of each image */
function recallRows(
  scores: 'ITC' | 'ITM',
  [toText, toImage]: BothWays,
  relevant: number[][],
  ties?: Ties,
): RetrievalRow[] {
  const images = transposeRelevance(relevant, toText.columns);
  return [
    { direction: 'image→text', scores, ...recall(ranks(toText, relevant, ties)) },
    { direction: 'text→image', scores, ...recall(ranks(toImage, images, ties)) },
  ];
}

/** Both directions re-ranked. A pair that is a candidate both ways is matched once. */
async function reranked(pool: EncodedPool, toText: Scores, toImage: Scores, k: number): Promise<BothWays> {
  const [texts, images] = [topColumns(toText, k), topColumns(toImage, k)];
  const pairs = new Set<number>();
  texts.forEach((list, image) => list.forEach((text) => pairs.add(image * toText.columns + text)));
  images.forEach((list, text) => list.forEach((image) => pairs.add(image * toText.columns + text)));
  const order = Float64Array.from(pairs).sort();
  const logits = await pool.matchLogits(
    Int32Array.from(order, (pair) => Math.floor(pair / toText.columns)),
    Int32Array.from(order, (pair) => pair % toText.columns),
  );
  const byPair = new Map(Array.from(order, (pair, n) => [pair, logits[n]]));
  const logit = (image: number, text: number) => byPair.get(image * toText.columns + text)!;
  return [rerank(toText, texts, logit), rerank(toImage, images, (text, image) => logit(image, text))];
}
