/** What cannot be read, counted by reason; the first of each by name. A list of it stays small however much is wrong. */

/** How many examples are kept of each reason. */
const EXAMPLES = 20;

/** Counts by reason, with examples. */
export interface Faults {
  total: number;
  by: Readonly<Record<string, FaultCount>>;
}

/** How often something went wrong, and where first. */
export interface FaultCount {
  count: number;
  /** Files, lines, members; at most 20. */
  examples: readonly string[];
}

/** Collects faults. */
export class FaultList implements Faults {
  total = 0;
  readonly by: Record<string, { count: number; examples: string[] }> = {};

  /** @param reason what is wrong, in words that are the same for all of its kind */
  add(reason: string, where: string): void {
    const kind = (this.by[reason] ??= { count: 0, examples: [] });
    this.total++;
    kind.count++;
    if (kind.examples.length < EXAMPLES) kind.examples.push(where);
  }

  /** Adds those of another list. */
  addAll({ by }: Faults): void {
    for (const [reason, { count, examples }] of Object.entries(by)) {
      const kind = (this.by[reason] ??= { count: 0, examples: [] });
      this.total += count;
      kind.count += count;
      kind.examples.push(...examples.slice(0, EXAMPLES - kind.examples.length));
    }
  }
}

/** "3 × no picture: a.jpg, b.jpg, …": a line for each reason. */
export function describeFaults({ by }: Faults): string[] {
  return Object.entries(by).map(
    ([reason, { count, examples }]) =>
      `${count.toLocaleString('en')} × ${reason}: ${examples.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''}`,
  );
}
