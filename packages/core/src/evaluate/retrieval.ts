/**
 * Image-text retrieval (BLIP-2 section 4.4): recall by ITC similarity, and after re-ranking the top k by ITM. An image is
 * found with any of its texts (five in COCO and Flickr30K), a text with its image. I images, T texts.
 */
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
}

/** One line of a table. */
export interface RetrievalRow extends Recall {
  direction: 'image→text' | 'text→image';
  scores: 'ITC' | 'ITM';
}

export interface Retrieval {
  images: number;
  texts: number;
  k: number;
  /** ITC both ways, then ITM both ways. */
  rows: RetrievalRow[];
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

/** Recall@1/5/10 both ways over a split, in percent. */
export async function evaluateRetrieval(
  model: RetrievalModel,
  split: ImageTextSplit,
  options: RetrievalOptions = {},
): Promise<Retrieval> {
  const { k = 128, equalTexts, ties } = options;
  const { texts, relevant } = textPool(split, equalTexts);
  const pool = await model.encodePool(split, texts);
  const toText: Scores = { rows: split.size, columns: texts.length, values: pool.similarities };
  const toImage = transpose(toText);
  const images = transposeRelevance(relevant, texts.length);

  const row = (scores: 'ITC' | 'ITM', forward: Scores, backward: Scores): RetrievalRow[] => [
    { direction: 'image→text', scores, ...recall(ranks(forward, relevant, ties)) },
    { direction: 'text→image', scores, ...recall(ranks(backward, images, ties)) },
  ];
  const rows = row('ITC', toText, toImage);
  if (k > 0) rows.push(...row('ITM', ...(await reranked(pool, toText, toImage, k))));
  return { images: split.size, texts: texts.length, k, rows };
}

/** Both directions re-ranked. A pair that is a candidate both ways is matched once. */
async function reranked(
  pool: EncodedPool,
  toText: Scores,
  toImage: Scores,
  k: number,
): Promise<[Scores, Scores]> {
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
