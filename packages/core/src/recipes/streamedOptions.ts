/** What recipes say of pictures that are read as they are needed, and of towers that lie in folders. */
import { z } from 'zod';
import type { JsonObject } from '../checkpoints';
import type { PictureSource } from '../data';

/** How frozen towers are stored. */
export const storageSchema = z.enum(['float32', 'float16', 'bfloat16']).optional();

/** Of the schemas of both stages. */
export const picturesShape = {
  /** Side of the pictures that a step sees; of pictures in memory it is that of the data. */
  imageSize: z.number().int().positive().optional(),
  /** Pictures of streamed data that are never trained on, but evaluated, with all that is asked about them; none unless given. */
  heldOut: z.number().int().nonnegative().optional(),
};

/** Options of threads and memory: they change how fast pictures come, not which. */
export interface StreamOptions {
  /** Threads that decode. */
  workers?: number;
  /** Batches made before they are asked for. */
  prefetch?: number;
}

/**
 * Pictures on disk, too many to be held in memory: decoded, cropped and flipped anew each time that they are drawn, seen
 * by the frozen tower in every step. (An `ImageTextDataset` is decoded once, and its features are kept.)
 */
export interface StreamedDataset {
  name: 'streamed';
  /** Where they lie. */
  specification: string;
  /** What their contents are a function of: part of a recipe's hash. */
  options: JsonObject;
  source: PictureSource;
  stream: StreamOptions;
}
