/**
 * How long a training takes on several workers: each computes its share of the batch, then gradients are summed around a
 * ring. What one does while it waits for the other is not overlapped here, so times are upper bounds in that respect.
 */
import type { RunSize } from './size';

/** What the work is done with. */
export interface Cluster {
  workers: number;
  /** Samples per second of one worker. */
  rate: number;
  /** Bytes per second that leave each worker. */
  link: number;
}

/** The length of a training. */
export interface Length {
  steps: number;
  /** Of all workers together. */
  batchSize: number;
}

/** What a step, and the whole of it, takes: in seconds. */
export interface Simulated {
  workers: number;
  compute: number;
  communication: number;
  step: number;
  total: number;
  /** Of the speed that as many workers would have without communication. */
  efficiency: number;
}

/** Operations of one sample, forward and backward; blocks that are recomputed run forward twice. */
export function operationsOf({ parts }: RunSize, recompute = false): number {
  return parts.reduce((sum, { cost: { forward, backward } }) => {
    const again = recompute && backward > 0 ? forward : 0;
    return sum + forward + backward + again;
  }, 0);
}

/** Samples per second of a worker that uses a part of so many operations per second. */
export const rateOf = (
  operationsPerSample: number,
  operationsPerSecond: number,
  utilisation: number,
): number => (operationsPerSecond * utilisation) / operationsPerSample;

/** The part of what machines could have computed in a time that was computed: with all waiting, for anything. */
export function utilisationOf(
  size: RunSize,
  { steps, batchSize }: Length,
  {
    workers,
    operationsPerSecond,
    seconds,
  }: { workers: number; operationsPerSecond: number; seconds: number },
): number {
  return (operationsOf(size) * steps * batchSize) / (workers * operationsPerSecond * seconds);
}

/**
 * Bytes that leave each worker in a step: gradients twice around the ring, but for its own part, and, where negatives come
 * from everywhere, its samples' features to all others.
 *
 * @param gathered numbers of each sample that all workers get
 */
export function bytesSent(
  size: RunSize,
  { workers, batchSize, gathered }: { workers: number; batchSize: number; gathered: number },
): number {
  const ring = (2 * (workers - 1) * 4 * size.trainable) / workers;
  return ring + ((workers - 1) / workers) * batchSize * gathered * 4;
}

export function simulate(
  size: RunSize,
  { steps, batchSize }: Length,
  { workers, rate, link }: Cluster,
  gathered = 0,
): Simulated {
  const compute = batchSize / workers / rate;
  const communication = bytesSent(size, { workers, batchSize, gathered }) / link;
  const step = compute + communication;
  return { workers, compute, communication, step, total: step * steps, efficiency: compute / step };
}

/** The same with other numbers of workers, the batch of all together unchanged: powers of two up to `most`. */
export function scaling(
  size: RunSize,
  length: Length,
  cluster: Omit<Cluster, 'workers'>,
  { most, gathered = 0 }: { most: number; gathered?: number },
): Simulated[] {
  const counts = Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, i) => 2 ** i);
  if (counts.at(-1) !== most) counts.push(most);
  return counts.map((workers) => simulate(size, length, { ...cluster, workers }, gathered));
}
