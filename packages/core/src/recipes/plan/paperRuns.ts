/** What the paper says of its own time, and what follows of it. */
import type { Length } from './simulate';
import { utilisationOf } from './simulate';
import type { RunSize } from './size';

/** Section 3.4: one machine of 16 A100-40G, less than six days and less than three with the largest models. */
export const PAPER_MACHINE = { workers: 16, tflops: 312 };
export const PAPER_DAYS = { stage1: 6, stage2: 3 };

/** The part of an A100's 312 TFLOPS that the paper's own time comes to; its days are upper bounds, so this is a lower one. */
export const impliedUtilisation = (size: RunSize, length: Length, days: number): number =>
  utilisationOf(size, length, {
    workers: PAPER_MACHINE.workers,
    operationsPerSecond: PAPER_MACHINE.tflops * 1e12,
    seconds: days * 86_400,
  });
