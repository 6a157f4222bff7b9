/** What a process that measures a study (`serve`) and the one that started it (`runner`) tell each other. */
import type { Scale } from './study';

/** What is to be measured; the worker's only argument, as JSON. */
export interface Assignment {
  study: string;
  seed: number;
  scale: Scale;
  runsDir: string;
}

/** From the worker. Its result is in the file that it writes. */
export type Report =
  /** A line worth keeping. */
  | { kind: 'note'; text: string }
  /** What is being done, until the next report. */
  | { kind: 'activity'; text: string }
  | { kind: 'step'; step: number; steps: number; samplesPerSecond: number }
  | ({ kind: 'failed' } & Failure);

export interface Failure {
  message: string;
  hint?: string;
}

/** To the worker: end the run after its step, saved. It does the same if who started it is gone. */
export const STOP = 'stop';
