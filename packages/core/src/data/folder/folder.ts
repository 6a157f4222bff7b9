/**
 * Data of one's own: a folder of pictures with `captions.jsonl`, and if there are any `questions.jsonl` and `web.jsonl`
 * (docs/own-data.md). What is made of it (decoded pictures, towers, tokenizers) lies in a folder of its own, `blip2/`
 * inside it unless told otherwise, and can be deleted at any time.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Blip2Error } from '../../runtime';
import { canonicalJson, sha256, type JsonObject } from '../../checkpoints';
import type { ImageTextDataset, ImageTextSplit } from '../dataset';
import { readRecords, type PictureRecord } from './lines';
import { openPack, packPictures, type Pack } from './pack';

/** How a folder of pictures is opened. */
export interface FolderOptions {
  /** Side that pictures are resized to; 64 unless given. */
  imageSize?: number;
  /** Where what is made of the data lies; `blip2` inside the folder unless given. */
  cache?: string;
}

/** A dataset with places for what will be made of it. */
export interface OwnDataset extends ImageTextDataset {
  /** Where its towers and tokenizers lie, or will. */
  towersDir: string;
}

const IMAGE_SIZE = 64;
/** Language models that can be made of the data. */
const LANGUAGES = ['opt', 't5'];
const SPLITS = ['train', 'validation', 'test'] as const;
/** Of a hundred pictures whose split is not said. */
const VALIDATION = 10;
const TEST = 10;

/**
 * Opens a folder, decoding its pictures the first time.
 * @throws Blip2Error naming file and line, or the picture, that is missing or wrong
 */
export async function folder(
  dir: string,
  options: FolderOptions & { onProgress?: (done: number, total: number) => void } = {},
): Promise<OwnDataset> {
  const { onProgress, ...rest } = options;
  const { records, ...files } = filesOf(dir, rest);
  await packPictures({ ...files, images: records.map(({ image }) => image), onProgress });
  return openFolder(dir, rest);
}

/** What a dataset is called, and by which options it is opened again. */
type Identity = Pick<OwnDataset, 'name' | 'options'>;

/**
 * As `folder`, at once: its pictures must have been decoded before.
 * @param identify of a folder that goes by another name, from a hash of its pictures and texts
 * @throws Blip2Error if they were not
 */
export function openFolder(
  dir: string,
  options: FolderOptions = {},
  identify = (contents: string): Identity => ({
    name: 'folder',
    options: { dir: resolve(dir), ...recorded(options), contents },
  }),
): OwnDataset {
  const { records, ...files } = filesOf(dir, options);
  const pack = openPack({ ...files, images: records.map(({ image }) => image) });
  if (!pack) {
    throw new Blip2Error(`The pictures of ${dir} are not decoded, or have changed since`, {
      hint: 'Open it by `await folder(dir)` once; on the command line any command with --data does so.',
    });
  }
  const { imageSize, cache } = files;
  const contents = sha256(canonicalJson({ records: records as unknown as JsonObject[], pixels: pack.hash }));
  const splits = splitsOf(records, pack, imageSize);
  const { train, validation, test, ...others } = splits;
  const missing = SPLITS.find((name) => splits[name] === undefined);
  if (missing) {
    throw new Blip2Error(`${dir} has no picture in its ${missing} split (${records.length} in all)`, {
      hint: 'Add pictures, or give some lines of captions.jsonl "split": "train", "validation" or "test".',
    });
  }
  const towersDir = join(cache, 'towers');
  return {
    ...identify(contents),
    towersDir,
    tokenizerDir: join(towersDir, 'tokenizer'),
    visionDir: join(towersDir, 'clip'),
    /** Those that have been made by now. */
    get languageDirs() {
      const made = LANGUAGES.filter((name) => existsSync(join(towersDir, name)));
      return Object.fromEntries(made.map((name) => [name, join(towersDir, name)]));
    },
    train,
    validation,
    test,
    others,
  };
}

/** Options as a recipe's record has them. */
export const recorded = ({ imageSize = IMAGE_SIZE, cache }: FolderOptions): JsonObject => ({
  imageSize,
  ...(cache !== undefined && { cache: resolve(cache) }),
});

/** @throws Blip2Error if the towers of own data, which all training needs, were not made yet */
export function requireTowers(data: ImageTextDataset): void {
  const missing = [data.tokenizerDir, data.visionDir].find((dir) => !existsSync(dir));
  if (missing === undefined) return;
  throw new Blip2Error(`The towers of the data are not made yet: there is no ${missing}`, {
    hint: 'Train them on the data: `blip2 towers --data …`, or makeTowers(data).',
  });
}

interface Files {
  dir: string;
  cache: string;
  imageSize: number;
  records: PictureRecord[];
}

function filesOf(dir: string, { imageSize = IMAGE_SIZE, cache = join(dir, 'blip2') }: FolderOptions): Files {
  if (!Number.isInteger(imageSize) || imageSize < 1) {
    throw new Blip2Error(`folder: imageSize: ${imageSize} is no number of pixels`, {
      hint: 'E.g. 64',
      exitCode: 2,
    });
  }
  return { dir, cache, imageSize, records: readRecords(dir) };
}

/** By the name of the split: what `captions.jsonl` says, or else a hash of the picture's name. */
function splitsOf(
  records: readonly PictureRecord[],
  pack: Pack,
  imageSize: number,
): Record<string, ImageTextSplit> {
  const places = new Map<string, number[]>();
  records.forEach(({ image, split = splitByName(image) }, place) => {
    places.set(split, [...(places.get(split) ?? []), place]);
  });
  const entries = [...places].map(([name, own]) => [name, splitOf(name, own, { records, pack, imageSize })]);
  return Object.fromEntries(entries) as Record<string, ImageTextSplit>;
}

/** The split of a picture whose line says none: always the same. */
export function splitByName(image: string): (typeof SPLITS)[number] {
  const lot = createHash('sha256').update(image).digest().readUInt32BE() % 100;
  if (lot < TEST) return 'test';
  return lot < TEST + VALIDATION ? 'validation' : 'train';
}

function splitOf(
  name: string,
  places: readonly number[],
  { records, pack, imageSize }: { records: readonly PictureRecord[]; pack: Pack; imageSize: number },
): ImageTextSplit {
  const record = (index: number) => records[places[index]];
  const hasQuestions = places.some((place) => records[place].questions.length > 0);
  const hasWeb = places.some((place) => records[place].webCaptions.length > 0);
  return {
    name,
    size: places.length,
    imageSize,
    identity: { pixels: pack.hash, places: sha256(JSON.stringify(places)) },
    id: (index) => record(index).image,
    pixels: (index) => pack.pixels(places[index]),
    captions: (index) => record(index).captions,
    metadata: (index) => record(index).metadata,
    ...(hasQuestions && { questions: (index: number) => record(index).questions }),
    ...(hasWeb && { webCaptions: (index: number) => record(index).webCaptions }),
  };
}
