/** What there is to be found in a retrieval evaluation, and where it was ranked. I images, T texts. */
import type { CaptionImage, SampleId } from '../../data';
import { ranks, recall, topColumns, type Scores } from '../ranking';
import type { ScoreRow } from './evaluation';

/** Texts that a record names: the best. */
const NAMED = 5;

/** A line of `results.jsonl`. */
export interface RetrievalRecord {
  image: SampleId;
  file: string;
  /** Its own texts, with the place that the image has among all for each, from 1. */
  captions: { text: string; rank: number }[];
  /** The place of its best text among all, from 1. */
  rank: number;
  /** What is ranked first for the image, and which of it is its own. */
  best: { text: string; own: boolean }[];
}

/** A text and whose it is. */
export interface PoolText {
  /** Number of its image in the set. */
  owner: number;
  text: string;
}

/** What there is to be found. */
export interface Pool {
  /** Numbers in the set of the images and texts that are there. */
  images: number[];
  texts: number[];
  /** [I, T] of those. */
  toText: Scores;
  /** Own texts of each image, own image of each text: places in the pool. */
  relevant: number[][];
  owner: number[];
}
/** Scores of the texts for each image, and of the images for each text. */
export type BothWays = [toText: Scores, toImage: Scores];

/** The images that could be read, with their texts. @param similarities of an image, by its number, with all texts */
export function poolOf(
  good: readonly number[],
  texts: readonly PoolText[],
  images: number,
  similarities: (image: number) => Float32Array,
): Pool {
  const placeOf = new Int32Array(images).fill(-1);
  good.forEach((image, place) => (placeOf[image] = place));
  const there = texts.flatMap(({ owner }, text) => (placeOf[owner] < 0 ? [] : [text]));
  const values = new Float32Array(good.length * there.length);
  good.forEach((image, place) => {
    const row = similarities(image);
    there.forEach((text, column) => (values[place * there.length + column] = row[text]));
  });
  const owner = there.map((text) => placeOf[texts[text].owner]);
  const relevant: number[][] = good.map(() => []);
  owner.forEach((image, text) => relevant[image].push(text));
  const toText = { rows: good.length, columns: there.length, values };
  return { images: [...good], texts: there, toText, relevant, owner };
}

/** Recall both ways. */
export function rowsOf(
  scores: 'ITC' | 'ITM',
  { relevant, owner }: Pool,
  [toText, toImage]: BothWays,
): ScoreRow[] {
  const row = (direction: string, queries: Scores, right: readonly (readonly number[])[]): ScoreRow => {
    const { r1, r5, r10 } = recall(ranks(queries, right));
    return {
      group: `${direction}, ${scores}`,
      samples: queries.rows,
      scores: { 'R@1': r1, 'R@5': r5, 'R@10': r10 },
    };
  };
  return [
    row('image→text', toText, relevant),
    row(
      'text→image',
      toImage,
      owner.map((image) => [image]),
    ),
  ];
}

/** Where everything was ranked, image by image. */
export function recordsOf(
  images: readonly CaptionImage[],
  texts: readonly PoolText[],
  pool: Pool,
  [toText, toImage]: BothWays,
): RetrievalRecord[] {
  const imageRanks = ranks(toText, pool.relevant);
  const textRanks = ranks(
    toImage,
    pool.owner.map((image) => [image]),
  );
  const best = topColumns(toText, NAMED);
  return pool.images.map((place, image) => ({
    image: images[place].id,
    file: images[place].path,
    captions: pool.relevant[image].map((text) => ({
      text: texts[pool.texts[text]].text,
      rank: textRanks[text] + 1,
    })),
    rank: imageRanks[image] + 1,
    best: Array.from(best[image], (text) => ({
      text: texts[pool.texts[text]].text,
      own: pool.owner[text] === image,
    })),
  }));
}
