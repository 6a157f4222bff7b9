/**
 * What readers have chosen to see of documents, in JupyterLab's state database: a document looks the same after the page is
 * loaded again. It is kept for as long as the document is open, so that the database does not grow.
 */
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';

/** The views of documents, by path. */
export interface Views {
  read(path: string): Promise<unknown>;
  keep(path: string, state: object): void;
  forget(path: string): void;
}

const keyOf = (path: string) => `blip2-attention-view:${path}`;

/** A database that cannot be read or written costs nothing but the choice. */
export const viewsIn = (database: IStateDB): Views => ({
  read: (path) => database.fetch(keyOf(path)).catch(() => undefined),
  keep: (path, state) =>
    void database.save(keyOf(path), state as ReadonlyPartialJSONValue).catch(() => undefined),
  forget: (path) => void database.remove(keyOf(path)).catch(() => undefined),
});
