/** Pictures found by text, as retrieval evaluation ranks them. I images, T texts. */
import { cleanCaption } from '../text';
import type { ImageTextSplit } from '../data';
import { rerank, topColumns, transpose } from './ranking';
import type { RetrievalModel } from './retrieval';

/** How images are searched for. */
export interface SearchOptions {
  /** Pictures returned per text; 5 unless given. */
  top?: number;
  /** Candidates re-ranked by ITM; 128 as in the paper unless given, 0: ranked by ITC alone. */
  k?: number;
}

export interface SearchHit {
  /** Number of the picture in the split. */
  index: number;
  /** Cosine of ITC; after re-ranking, the logit of ITM added. */
  score: number;
  /** Is the text one of this picture's captions? */
  right: boolean;
}

/** A text, and the images that were found for it. */
export interface SearchResult {
  text: string;
  /** Best first. */
  hits: SearchHit[];
}

/** The best pictures of a split for each text. */
export async function searchImages(
  model: RetrievalModel,
  split: ImageTextSplit,
  texts: readonly string[],
  { top = 5, k = 128 }: SearchOptions = {},
): Promise<SearchResult[]> {
  const cleaned = texts.map((text) => cleanCaption(text));
  const pool = await model.encodePool(split, cleaned);
  const byImage = { rows: split.size, columns: texts.length, values: pool.similarities }; // [I, T]
  const similarities = transpose(byImage); // [T, I]
  const candidates = topColumns(similarities, Math.max(k, top));
  const scores = k > 0 ? rerank(similarities, candidates, await matchLogits(pool, candidates)) : similarities;
  const best = topColumns(scores, top);
  return texts.map((text, row) => ({
    text,
    hits: Array.from(best[row], (index) => ({
      index,
      score: scores.values[row * split.size + index],
      right: split.captions(index).some((caption) => cleanCaption(caption) === cleaned[row]),
    })),
  }));
}

/** ITM's logits of every candidate of every text, computed together. */
async function matchLogits(
  pool: Awaited<ReturnType<RetrievalModel['encodePool']>>,
  candidates: Int32Array[],
): Promise<(text: number, image: number) => number> {
  const images = candidates.flatMap((list) => [...list]);
  const texts = candidates.flatMap((list, text) => Array.from(list, () => text));
  const logits = await pool.matchLogits(Int32Array.from(images), Int32Array.from(texts));
  const byPair = new Map(images.map((image, n) => [`${texts[n]} ${image}`, logits[n]]));
  return (text, image) => byPair.get(`${text} ${image}`)!;
}
