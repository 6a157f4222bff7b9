/** Towers and tokenizers of a recipe: what is given, loaded or by its folder, or else what the data brings. */
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { sha256File, type JsonObject } from '../checkpoints';
import {
  languageModelHash,
  loadLanguageModel,
  loadVisionTower,
  visionTowerHash,
  type FrozenLanguageModel,
  type FrozenVisionTower,
  type ImageTextDataset,
  type ImageTextSplit,
} from '../data';
import type { Task } from '../train';
import { wrongOption } from './errors';
import type { Storage } from './plan';
import type { StreamedDataset } from './streamedOptions';

/** A tower that is named by its hash before it is loaded. */
export interface Lazy<T> {
  hash: string;
  load(): T;
}

/** Data that a recipe trains on. */
export type TrainingData = ImageTextDataset | StreamedDataset;

export const isStreamed = (data: TrainingData): data is StreamedDataset => 'source' in data;

/** @throws Blip2Error if the data are not what a recipe of captions can train on: questions, or pictures of another size */
export function checkCaptions(recipe: string, data: TrainingData, imageSize: number | undefined): void {
  checkImageSize(recipe, data, imageSize);
  if (!isStreamed(data) || !data.source.asks) return;
  // Their captions are answers.
  throw new Blip2Error(`${data.source.name}: these are questions, not captions`, {
    hint: 'They are for finetune vqa. For captions take e.g. coco?dir=DIR.',
    exitCode: 2,
  });
}

/** @throws Blip2Error if the pictures in memory are of another size than a recipe wants */
export function checkImageSize(recipe: string, data: TrainingData, imageSize: number | undefined): void {
  if (isStreamed(data) || imageSize === undefined || data.train.imageSize === imageSize) return;
  const what = `pictures of ${data.name} have ${data.train.imageSize} pixels, not ${imageSize}`;
  const { data: named = data.name } = dataPlaces(data);
  throw wrongOption(recipe, 'imageSize', what, `Open them so: --data '${named}?imageSize=${imageSize}'.`);
}

/** @throws Blip2Error if there is none */
export function visionOf(
  data: TrainingData,
  tower: FrozenVisionTower | string | undefined,
  dtype: Storage | undefined,
): Lazy<FrozenVisionTower> {
  const given = tower ?? (isStreamed(data) ? missing('vision tower', 'tower') : data.visionDir);
  if (typeof given !== 'string') return { hash: given.hash, load: () => given };
  return { hash: visionTowerHash(given, { dtype }), load: () => loadVisionTower(given, { dtype }) };
}

export function languageOf(
  language: FrozenLanguageModel | string,
  dtype: Storage | undefined,
): Lazy<FrozenLanguageModel> {
  if (typeof language !== 'string') return { hash: language.hash, load: () => language };
  return {
    hash: languageModelHash(language, { dtype }),
    load: () => loadLanguageModel(language, { dtype }),
  };
}

/** Folder of the tokenizer. @throws Blip2Error if there is none */
export function tokenizerOf(data: TrainingData, tokenizer: string | undefined): string {
  return tokenizer ?? (isStreamed(data) ? missing('tokenizer', 'tokenizer') : data.tokenizerDir);
}

function missing(what: string, key: string): never {
  throw new Blip2Error(`Streamed data bring no ${what}`, {
    hint: `Give a folder: ${key}, or --set ${key}=DIR (docs/pretraining.md).`,
    exitCode: 2,
  });
}

/** Where a run's parts lie, as its record has them: folders; of streamed data the specification. */
export interface Places {
  data?: string;
  /** What was made of data of one's own, if not in their folder. */
  cache?: string;
  tower?: string;
  tokenizer?: string;
  language?: string;
}

/** What a record says of parts given by their paths; nothing where none was. The paths are no part of a recipe's hash. */
export function placesRecord(given: Partial<Record<keyof Places, unknown>>): JsonObject {
  const places = Object.entries(given).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  if (places.length === 0) return {};
  const { tokenizer } = given;
  return {
    places: Object.fromEntries(places),
    ...(typeof tokenizer === 'string' && { tokenizer: sha256File(join(tokenizer, 'tokenizer.json')) }),
  };
}

/** Where data lie that may be moved: the specification of what is streamed, a folder of one's own. */
export function dataPlaces(data: TrainingData): Pick<Places, 'data' | 'cache'> {
  if (isStreamed(data)) return { data: data.specification };
  const { dir, cache } = data.options as { dir?: string; cache?: string };
  return { data: dir, cache };
}

/** What a record says of data: their name and what they are, not where they lie. */
export function dataRecord({ name, options }: Pick<TrainingData, 'name' | 'options'>): JsonObject {
  const { dir: _dir, cache: _cache, ...parts } = options;
  return { name, options: parts };
}

/** What a step reads, and what is to be closed at the end. */
export interface InputSource extends Pick<Task, 'inputs' | 'dispose'> {
  /** What is evaluated on the way, if anything is. */
  validation?: ImageTextSplit;
}
