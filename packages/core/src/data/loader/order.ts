/**
 * Which pictures make up which batch: a pure function of (seed, step) that needs no memory of its own, however many there
 * are. A part is gone through in runs, blocks of pictures that follow each other on disk, permuted anew every epoch by a
 * keyed bijection; of a mix, every round of 10,000 rows has of each part what its weight says.
 */
import { Blip2Error } from '../../runtime';
import { bijection, drawBelow, hashInts, permutation } from '../random';
import type { PictureSource, SourcePart } from '../sources';

const [ROUNDS, RUNS, SHIFT, SPARE] = [11, 12, 13, 14];
/** Rows of a mix within which weights hold exactly. */
const ROUND = 10_000;

/** What of a source is drawn when. */
export class SampleOrder {
  private readonly parts: readonly SourcePart[];
  /** Rows of each part in a round. */
  private readonly quota: readonly number[];
  private round: { number: number; parts: Int32Array; ranks: Int32Array } | undefined;

  /** @throws Blip2Error if a weight is too small to be kept */
  constructor(
    source: Pick<PictureSource, 'parts'>,
    private readonly seed: number,
  ) {
    this.parts = source.parts;
    this.quota = apportion(this.parts);
  }

  /** The picture of a row, counted from 0 over all batches. */
  draw(row: number): number {
    const { part, position } = this.locate(row);
    return numberAt(this.parts[part], position, this.seed, part);
  }

  /** In its place, after it and `attempt` others could not be used: another of the same part. */
  spare(row: number, attempt: number): number {
    const { start, size } = this.parts[this.locate(row).part];
    return start + drawBelow(size, this.seed, SPARE, row, attempt);
  }

  /** The part a row draws from, and how many rows before it did. */
  private locate(row: number): { part: number; position: number } {
    if (this.parts.length === 1) return { part: 0, position: row };
    const number = Math.floor(row / ROUND);
    if (this.round?.number !== number) this.round = { number, ...this.layOut(number) };
    const part = this.round.parts[row % ROUND];
    return { part, position: number * this.quota[part] + this.round.ranks[row % ROUND] };
  }

  private layOut(number: number): { parts: Int32Array; ranks: Int32Array } {
    const owners = Int32Array.from(this.quota.flatMap((count, part) => Array<number>(count).fill(part)));
    const parts = permutation(ROUND, this.seed, ROUNDS, number).map((place) => owners[place]);
    const seen = new Int32Array(this.parts.length);
    return { parts, ranks: parts.map((part) => seen[part]++) };
  }
}

/** Whole numbers of rows in the proportions of the weights: what is left over goes to the largest remainders. */
function apportion(parts: readonly SourcePart[]): number[] {
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  const exact = parts.map(({ weight }) => (weight / total) * ROUND);
  const quota = exact.map(Math.floor);
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b] - quota[b] - (exact[a] - quota[a]));
  const left = ROUND - quota.reduce((sum, count) => sum + count, 0);
  for (const part of byRemainder.slice(0, left)) quota[part]++;
  const lost = quota.findIndex((count) => count === 0);
  if (lost >= 0) {
    throw new Blip2Error(`${parts[lost].name} would never be drawn: its weight is below 1 in ${ROUND}`, {
      hint: 'Give it a larger weight, or leave it out of the mix.',
      exitCode: 2,
    });
  }
  return quota;
}

/**
 * The picture at a place of a part's endless order. Blocks begin elsewhere in every epoch, so that those left over by
 * whole blocks are others each time.
 */
function numberAt({ start, size, run }: SourcePart, position: number, seed: number, part: number): number {
  const length = Math.min(run, size);
  const blocks = Math.floor(size / length);
  const epoch = Math.floor(position / (blocks * length));
  const within = position % (blocks * length);
  const block = bijection(blocks, Math.floor(within / length), hashInts(seed, RUNS, part, epoch));
  const shift = length > 1 ? drawBelow(size, seed, SHIFT, part, epoch) : 0;
  return start + ((block * length + (within % length) + shift) % size);
}
