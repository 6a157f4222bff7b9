/** What is wrong with a set on disk and does not end its evaluation: counted, and the first few named. */

/** One kind of problem. */
export interface SetProblem {
  /** `image missing`, `v2_….json: broken entry`. */
  what: string;
  count: number;
  /** The first of them. */
  first: string[];
}

const NAMED = 5;

/** Collects problems by kind. */
export class Problems {
  private readonly kinds = new Map<string, SetProblem>();

  add(what: string, name: string): void {
    const kind = this.kinds.get(what) ?? { what, count: 0, first: [] };
    this.kinds.set(what, kind);
    kind.count++;
    if (kind.first.length < NAMED) kind.first.push(name);
  }

  list(): SetProblem[] {
    return [...this.kinds.values()];
  }
}

/** `3 × image missing: a.jpg, b.jpg, c.jpg` */
export function describeProblem({ what, count, first }: SetProblem): string {
  return `${count} × ${what}: ${first.join(', ')}${count > first.length ? ', …' : ''}`;
}
