/** Image-text data as training and evaluation see it, whatever it comes from. */
import { Blip2Error } from '../runtime';
import type { JsonObject } from '../checkpoints';

/** One split: numbered pictures, each with one or more captions. */
export interface ImageTextSplit {
  /** `train`, `validation` or `test`. */
  name: string;
  /** Number of pictures. */
  size: number;
  /** Side of each picture in pixels. */
  imageSize: number;
  /** What the pictures are a function of (not their number): part of the key of cached features. */
  identity: JsonObject;
  id(index: number): string;
  /** RGB bytes, imageSize·imageSize·3. */
  pixels(index: number): Uint8Array;
  captions(index: number): readonly string[];
  /** What the web says of a picture, right or wrong, where the data has any. */
  webCaptions?(index: number): readonly string[];
  /** Questions about a picture, where the data has any. */
  questions?(index: number): readonly VisualQuestion[];
  /** Is a text true of a picture, whichever it was written for? Where the data can tell. */
  describes?(index: number, text: string): boolean;
  /** Captions with what false ones come of each by one exchange, where the data has any. */
  swaps?(index: number): readonly SwappedCaption[];
  /** What else came with a picture, by name: columns of its table, such as LAION's `NSFW`. */
  metadata?(index: number): Readonly<Record<string, unknown>>;
  /** Of a split that was filtered. */
  leftOut?: LeftOut;
}

/** What filters left out. */
export interface LeftOut {
  /** How many examples there were. */
  of: number;
  /** How many are gone, by the name of the filter. */
  by: Readonly<Record<string, number>>;
}

export interface SwappedCaption {
  caption: string;
  /** False of the picture, by what was exchanged: `color`, `order`. */
  swapped: Readonly<Record<string, string>>;
}

/** A question with its one right answer. */
export interface VisualQuestion {
  /** What is asked for, to be told apart in tables: `color`, `count`. */
  kind: string;
  question: string;
  answer: string;
  /** What several people answered, `answer` most of them: then agreement with them counts. */
  answers?: readonly string[];
}

/** Pictures with texts, in splits, and what was made for them: tokenizer, towers. */
export interface ImageTextDataset {
  name: string;
  /** The options it was made with: part of a recipe's hash, and enough to make it again. */
  options: JsonObject;
  /** Folder of its tokenizer (`tokenizer.json`). */
  tokenizerDir: string;
  /** Folder of the frozen vision tower in front of the Q-Former (a CLIP's may be a part of it). */
  visionDir: string;
  /** Folders of the language models that were made for it, by the names that the command line knows them by. */
  languageDirs?: Readonly<Record<string, string>>;
  /** Folder of a BERT with the words of the tokenizer, for a Q-Former to start from. */
  bertDir?: string;
  train: ImageTextSplit;
  validation: ImageTextSplit;
  test: ImageTextSplit;
  /** Splits of other names: a style that no training sees. */
  others?: Readonly<Record<string, ImageTextSplit>>;
}

/** A split by its name. @throws Blip2Error naming those that there are */
export function splitNamed(data: ImageTextDataset, name: string): ImageTextSplit {
  const { train, validation, test, others } = data;
  const all: Record<string, ImageTextSplit> = { train, validation, test, ...others };
  if (Object.hasOwn(all, name)) return all[name];
  throw new Blip2Error(`${data.name} has no split ${name}`, {
    hint: `There are ${Object.keys(all).join(', ')}.`,
    exitCode: 2,
  });
}

/** Pixel bytes of several pictures, one after the other. */
export function stackPixels(split: ImageTextSplit, indices: ArrayLike<number>): Uint8Array {
  const size = split.imageSize * split.imageSize * 3;
  const out = new Uint8Array(indices.length * size);
  for (let row = 0; row < indices.length; row++) out.set(split.pixels(indices[row]), row * size);
  return out;
}
