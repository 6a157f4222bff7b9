/** The pictures of an output: read when they are looked at, fetched where they lie in files, and forgotten when left. */
import { BundleError, readAttention, type Attention } from '../attention/bundle';
import type { AttentionItem, AttentionSet } from '../attention/set';
import type { Translate } from '../attention/translate';

/** What became of an item. */
export type Found = Attention | Error;

/** All pictures of an output. */
export class Items {
  readonly names: string[];
  private readonly items: AttentionItem[];
  private readonly found = new Map<number, Found>();
  private readonly coming = new Map<number, Promise<Found>>();

  constructor(
    output: Attention | AttentionSet,
    private readonly t: Translate,
    private readonly fetchItem?: (file: string) => Promise<unknown>,
  ) {
    this.items = 'items' in output ? output.items : [{ name: '' }];
    this.names = this.items.map(({ name }) => name);
    if (!('items' in output)) this.found.set(0, output);
  }

  get count(): number {
    return this.items.length;
  }

  get canFetch(): boolean {
    return this.fetchItem !== undefined;
  }

  /** Without waiting; undefined if it has to be fetched. */
  now(index: number): Found | undefined {
    const { bundle } = this.items[index];
    if (!this.found.has(index) && bundle !== undefined) this.found.set(index, read(bundle));
    return this.found.get(index);
  }

  /** Never rejects. */
  later(index: number): Promise<Found> {
    const known = this.now(index);
    if (known) return Promise.resolve(known);
    const coming = this.coming.get(index) ?? this.fetch(index);
    this.coming.set(index, coming);
    return coming;
  }

  /** Forgets all but these, and those on their way. */
  keep(indexes: readonly number[]): void {
    for (const index of this.found.keys()) {
      if (this.items[index].file !== undefined && !indexes.includes(index)) this.found.delete(index);
    }
  }

  private async fetch(index: number): Promise<Found> {
    const file = this.items[index].file!;
    const result = await this.fetched(file);
    // What could not be fetched may be there the next time.
    if (!(result instanceof Error)) this.found.set(index, result);
    this.coming.delete(index);
    return result;
  }

  private async fetched(file: string): Promise<Found> {
    if (!this.fetchItem) return new Error(this.t('%1 lies in a file, which cannot be fetched here.', file));
    try {
      return read(await this.fetchItem(file));
    } catch (error) {
      if (error instanceof BundleError) return error;
      return new Error(
        this.t('%1 could not be fetched: %2', file, error instanceof Error ? error.message : String(error)),
      );
    }
  }
}

function read(json: unknown): Found {
  try {
    return readAttention(json);
  } catch (error) {
    if (error instanceof BundleError) return error;
    throw error;
  }
}
