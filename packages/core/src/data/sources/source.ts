/** Pictures with texts on disk, far too many for memory: numbered, found through an index, read one at a time. */
import type { JsonObject } from '../../checkpoints';
import type { Faults } from './faults';
import type { PicturePlace, ReadPicture } from './place';

/** A public set, a folder, shards, or a mix of them. */
export interface PictureSource {
  name: string;
  /** Number of pictures. */
  size: number;
  /** What the contents are a function of: a hash of the index. Part of a recipe's hash. */
  identity: JsonObject;
  /** From what it is drawn, and how often: one part, or those of a mix. */
  parts: readonly SourcePart[];
  /** What was found wrong while the index was made: lines that cannot be read, shards cut short. */
  faults: Faults;
  /** Are its numbers questions, each with its picture? Then captions are answers, as often as they were given. */
  asks?: boolean;
  id(index: number): string;
  /** Where a picture lies, so that another thread can read it. */
  place(index: number): PicturePlace;
  /** The encoded picture with its captions. @throws Blip2Error naming file (and member) that cannot be read */
  read(index: number): Promise<ReadPicture>;
  close(): Promise<void>;
}

/** A run of a source's numbers that is drawn from by itself. */
export interface SourcePart {
  name: string;
  /** Its first number, and how many. */
  start: number;
  size: number;
  /** Its share of what is drawn, beside those of the other parts. */
  weight: number;
  /** How many pictures that follow each other on disk are drawn together. */
  run: number;
}
