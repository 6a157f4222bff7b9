/** A set of pictures, or the things to be compared: each item holds its bundle, or names the file that does. */

export const ATTENTION_SET_FORMAT = 'application/vnd.blip2.attention-set.v1+json';

/** One picture of a set. */
export interface AttentionItem {
  name: string;
  /** The bundle's JSON, read when it is looked at. */
  bundle?: unknown;
  /** A plain file name beside the set, fetched when it is looked at. */
  file?: string;
}

/** Many pictures, or the things to be compared. */
export interface AttentionSet {
  title?: string;
  /** Folder of the files, relative to the notebook; beside the set unless given. */
  dir?: string;
  items: AttentionItem[];
}

/** @throws BundleError naming the key at fault */
export function readAttentionSet(json: Record<string, unknown>): AttentionSet {
  return json as unknown as AttentionSet;
}
