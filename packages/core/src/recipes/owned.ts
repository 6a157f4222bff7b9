/** What goes with a model when its memory is given back: what was loaded or made for it alone. */
export interface Disposable {
  dispose(): void;
}

/** A model that may have parts of its own. */
export abstract class Owner {
  private readonly owned: Disposable[] = [];

  /** From now on `dispose` gives these back, too. */
  owns(...parts: readonly Disposable[]): void {
    this.owned.push(...parts);
  }

  /** Frees compiled functions, and what was loaded or made for this model alone. What it was given stays. */
  dispose(): void {
    for (const part of this.owned.splice(0)) part.dispose();
  }
}
