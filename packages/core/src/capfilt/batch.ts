/** Some pictures captioned: drawn, ranked, chosen. */
import { hashInts, type ImageTextSplit } from '../data';
import type { Captioner } from './captioner';
import type { CaptionRecord } from './captionsFile';
import type { CapFiltSettings } from './options';
import { picturesFor } from './pictures';
import type { Ranker } from './ranker';
import { selectCaptions, type Candidate } from './selection';

export interface Towers {
  captioner: Captioner;
  ranker: Ranker;
}

/**
 * The records of pictures start … start + batchSize − 1. Batches always begin at the same pictures and are drawn from
 * seeds of their own: none depends on those before it.
 */
export async function captionBatch(
  split: ImageTextSplit,
  start: number,
  { captioner, ranker }: Towers,
  { samples, keep, topP, distinct, maxNewTokens, seed, batchSize }: CapFiltSettings,
): Promise<CaptionRecord[]> {
  const count = Math.min(batchSize, split.size - start);
  // The last batch is filled up with its first picture, so that one signature is compiled.
  const indices = Array.from({ length: batchSize }, (_, i) => start + (i < count ? i : 0));
  const pixels = await picturesFor(captioner, split, indices);
  const sampling = { samples, topP, maxNewTokens, seed: hashInts(seed, start) };
  const written = await captioner.sample(pixels, sampling);
  const candidates = indices.map((index, i): Omit<Candidate, 'score'>[] => [
    ...split.captions(index).map((text) => ({ text, isWeb: true })),
    ...written[i].flatMap((text) => (text === undefined ? [] : [{ text, isWeb: false }])),
  ]);
  const same = ranker.imageSize === captioner.imageSize;
  const scores = ranker.scores(
    same ? pixels : await picturesFor(ranker, split, indices),
    candidates.map((list) => list.map(({ text }) => text)),
  );
  return indices.slice(0, count).map((index, i) => {
    const scored = candidates[i].map((candidate, j) => ({ ...candidate, score: scores[i][j] }));
    const { kept, webRank, ranked } = selectCaptions(scored, { keep, distinct });
    return {
      id: split.id(index),
      captions: kept.map(({ text }) => text),
      scores: kept.map(({ score }) => Number(score.toFixed(4))),
      webRank: webRank ?? null,
      ranked,
      broken: written[i].filter((text) => text === undefined).length,
    };
  });
}
