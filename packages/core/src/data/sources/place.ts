/**
 * Where a picture lies, and reading it from there. Threads that decode run this: it must not load TensorFlow, so nothing
 * is imported by the index of its folder.
 */

/** Plain data, fit to be sent to another thread. */
export interface Place {
  file: string;
  /** Bytes of the file; all unless given. */
  range?: readonly [offset: number, length: number];
  /** What the index knows of it. Else the range holds the members of a tar shard, texts among them. */
  known?: Known;
}

/** Texts of a picture that lie elsewhere than the picture. */
export interface Known {
  id: string;
  captions: readonly string[];
  metadata?: Readonly<Record<string, unknown>>;
}

/** A picture as it lies on disk. */
export interface ReadPicture {
  id: string;
  /** The encoded picture. */
  bytes: Uint8Array;
  captions: readonly string[];
  /** What else came with it, by name. */
  metadata?: Readonly<Record<string, unknown>>;
}
