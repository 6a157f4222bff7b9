/** Some pictures captioned: drawn, ranked, chosen. */
import { hashInts, type ImageTextSplit } from '../data';
import type { Captioner } from './captioner';
import type { CaptionSource, RankedRecord } from './captionsFile';
import type { CapFiltSettings } from './options';
import { picturesFor } from './pictures';
import type { Ranker } from './ranker';
import { selectCaptions, type Candidate } from './selection';

export interface Towers {
  captioner: Captioner;
  ranker: Ranker;
}

/** Pictures that are captioned together, whatever holds them: `batchSize` of them, the last ones repeated where there are fewer. */
export interface PictureRows {
  /** How many are not repeated. */
  count: number;
  id(row: number): string;
  captions(row: number): readonly string[];
  /** Normalised pixels [B, S, S, 3] of all rows. */
  pixels(tower: { imageSize: number }): Float32Array;
}

/**
 * The records of pictures start … start + batchSize − 1. Batches always begin at the same pictures and are drawn from
 * seeds of their own: none depends on those before it.
 */
export async function captionBatch(
  split: ImageTextSplit,
  start: number,
  towers: Towers,
  settings: CapFiltSettings,
): Promise<RankedRecord[]> {
  const { batchSize, seed } = settings;
  const count = Math.min(batchSize, split.size - start);
  // The last batch is filled up with its first picture, so that one signature is compiled.
  const indices = Array.from({ length: batchSize }, (_, i) => start + (i < count ? i : 0));
  const rows: PictureRows = {
    count,
    id: (row) => split.id(indices[row]),
    captions: (row) => split.captions(indices[row]),
    pixels: (tower) => picturesFor(tower, split, indices),
  };
  return captionRows(rows, hashInts(seed, start), towers, settings);
}

/** Captions drawn, ranked and chosen. @param drawSeed of these rows alone */
export async function captionRows(
  rows: PictureRows,
  drawSeed: number,
  { captioner, ranker }: Towers,
  { samples, keep, topP, distinct, maxNewTokens, batchSize }: CapFiltSettings,
): Promise<RankedRecord[]> {
  const pixels = rows.pixels(captioner);
  const written = await captioner.sample(pixels, { samples, topP, maxNewTokens, seed: drawSeed });
  const candidates = Array.from({ length: batchSize }, (_, row): Omit<Candidate, 'score'>[] => [
    ...rows.captions(row).map((text) => ({ text, isWeb: true })),
    ...written[row].flatMap((text) => (text === undefined ? [] : [{ text, isWeb: false }])),
  ]);
  const same = ranker.imageSize === captioner.imageSize;
  const scores = ranker.scores(
    same ? pixels : rows.pixels(ranker),
    candidates.map((list) => list.map(({ text }) => text)),
  );
  return Array.from({ length: rows.count }, (_, row) => {
    const scored = candidates[row].map((candidate, j) => ({ ...candidate, score: scores[row][j] }));
    const { kept, others, webRank, ranked } = selectCaptions(scored, { keep, distinct });
    return {
      id: rows.id(row),
      captions: kept.map(({ text }) => text),
      scores: kept.map(scoreOf),
      sources: kept.map(sourceOf),
      others: others.map((one) => ({ caption: one.text, score: scoreOf(one), source: sourceOf(one) })),
      webRank: webRank ?? null,
      ranked,
      broken: written[row].filter((text) => text === undefined).length,
    };
  });
}

const scoreOf = ({ score }: Candidate): number => Number(score.toFixed(4));
const sourceOf = ({ isWeb }: Candidate): CaptionSource => (isWeb ? 'web' : 'captioner');
