/** What every evaluation on a public set takes, and gives back. */
import type { JsonObject } from '../../checkpoints';
import type { SampleId, SetProblem } from '../../data';

/** How an evaluation on a public set runs. */
export interface SetEvaluationOptions {
  /** Where results go, and go on from. */
  out: string;
  /** What the model is: name and anything that changes with its weights. */
  model: JsonObject;
  /** So many pictures, from the first on; all unless given. */
  limit?: number;
  /** Is told how many pictures are done. */
  onProgress?: (done: number, of: number) => void;
  /** Ends it after the pictures that are being worked on; the same call goes on. */
  signal?: AbortSignal;
}

/** A picture that could not be used. */
export interface SkippedPicture {
  image: SampleId;
  file: string;
  skipped: string;
}

/** Scores of some samples: all of them, those of one type, of one domain. */
export interface ScoreRow {
  /** `all` in the first row. */
  group: string;
  samples: number;
  scores: Record<string, number>;
}

/** What came out of an evaluation; `summary.json`. */
export interface SetSummary {
  task: 'vqa' | 'caption' | 'retrieval';
  set: string;
  split: string;
  model: JsonObject;
  /** How it was asked, or searched. */
  options: JsonObject;
  /** Pictures that were used. */
  pictures: number;
  /** False where it was stopped before the last picture: scores are then of those before. */
  complete: boolean;
  /** As papers print them; empty where the set keeps the truth to itself. */
  rows: ScoreRow[];
  /** Pictures that could not be decoded; the first of them. */
  skipped: { count: number; first: SkippedPicture[] };
  /** What is wrong with the set on disk. */
  problems: SetProblem[];
  notes: string[];
  /** For the set's evaluation server, in the folder of the results; absent where there is none. */
  submission?: string;
}

/** The first of the pictures that were left out. */
export const firstSkipped = (skipped: readonly SkippedPicture[]): SetSummary['skipped'] => ({
  count: skipped.length,
  first: skipped.slice(0, 20),
});

export const isSkipped = (record: object): record is SkippedPicture => 'skipped' in record;
