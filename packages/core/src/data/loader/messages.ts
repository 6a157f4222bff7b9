/** What the loader and its threads say to each other. */
import type { PicturePlace } from '../sources/place';

/** What a thread knows from its start. */
export interface DecoderSettings {
  /** One for each batch in the making: [b, S, S, 3]. */
  slots: SharedArrayBuffer[];
  imageSize: number;
  seed: number;
  augment: boolean;
  /** [STOP, BUSY]: are threads to stop; how many are in the middle of a picture. */
  control: Int32Array;
  /** Filters will look at all captions and metadata. */
  wantsAll: boolean;
}

/** Rows of a batch for one thread to decode. */
export interface Job {
  step: number;
  slot: number;
  rows: { row: number; index: number; place: PicturePlace }[];
}

/** What became of a row. */
export type Outcome =
  | {
      row: number;
      id: string;
      caption: string;
      question?: string;
      captions?: readonly string[];
      metadata?: Readonly<Record<string, unknown>>;
    }
  | { row: number; reason: string; where: string };

/** What became of a job. */
export interface Done {
  slot: number;
  outcomes: Outcome[];
}

/** Places of `control`. */
export const [STOP, BUSY] = [0, 1];
