/** How pictures are drawn and decoded, and what comes of it. b own rows of a batch, S side of a picture. */
import type { ExampleFilters } from '../filters';
import type { Faults } from '../sources/faults';

/** Options of a PictureLoader. */
export interface LoaderOptions {
  /** Of all workers of the training together. */
  batchSize: number;
  seed: number;
  /** Side of the pictures handed on. */
  imageSize: number;
  /** Random resized crop and flip; otherwise resized straight to the square, as evaluation sees them. */
  augment: boolean;
  /** Threads that decode; as many as there are processors, at most 16, unless given. */
  workers?: number;
  /** Batches that are made before they are asked for; 4 unless given. */
  prefetch?: number;
  /** Which rows of each batch are wanted; all unless given. */
  share?: { index: number; count: number };
  /** What any of them refuses is replaced as broken pictures are. */
  filters?: ExampleFilters;
  /** Numbers that are never drawn: pictures held out. */
  without?: Iterable<number>;
}

/** Own rows of a batch. */
export interface PictureBatch {
  /** RGB bytes, [b, S, S, 3]. */
  pixels: Uint8Array;
  /** [b], one drawn of each picture's, cleaned up. */
  captions: string[];
  /** [b], as they were asked, of data that has questions: the captions are their answers. */
  questions?: string[];
  ids: string[];
  /** [b] numbers in the source. */
  indices: Int32Array;
}

/** What was drawn and could not be used, replaced by other pictures: broken, or refused by a filter. */
export type Skipped = Faults;
