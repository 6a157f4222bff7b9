/** Recipes and data by the names that the command line knows them by. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Blip2Error } from '../runtime';
import { readJsonObject, type JsonObject } from '../checkpoints';
import {
  loadLanguageModel,
  shapes,
  SOURCE_KINDS,
  withTrainFilter,
  type FrozenLanguageModel,
  type ImageTextDataset,
} from '../data';
import { withTrainCaptions } from '../capfilt';
import { applyOverrides } from './overrides';
import { emojiCaptioning, emojiRetrieval, emojiStage1, emojiStage2, emojiVqa } from './emoji/settings';
import { unknownKey } from './errors';
import { isDataFolder, OWN_DATA, prepareOwnData } from './ownData';
import { PAPER_FINETUNING, PAPER_RECIPES } from './paper';
import { streamed } from './streamed';
import type { TrainingData } from './places';
import { shapesCaptioning, shapesRetrieval, shapesStage1, shapesStage2, shapesVqa } from './shapes';

type Options = Record<string, unknown>;

/** What a recipe trains. */
export type RecipeKind = 'stage1' | 'stage2' | 'retrieval' | 'caption' | 'vqa';

/** Options, or a function to them from the models and runs that are built on: what suits one may not suit another. */
type Entry = Options | ((parts: never) => Options);

const ofPaper = (stage: 'stage1' | 'stage2'): Record<string, Entry> =>
  Object.fromEntries(Object.entries(PAPER_RECIPES).map(([name, recipe]) => [name, recipe[stage]]));

const RECIPES: Record<RecipeKind, Record<string, Entry>> = {
  stage1: { shapes: shapesStage1, emoji: emojiStage1, ...ofPaper('stage1') },
  stage2: { shapes: shapesStage2, emoji: emojiStage2, ...ofPaper('stage2') },
  retrieval: { shapes: shapesRetrieval, emoji: emojiRetrieval, ...PAPER_FINETUNING.retrieval },
  caption: { shapes: shapesCaptioning, emoji: emojiCaptioning, ...PAPER_FINETUNING.caption },
  vqa: { shapes: shapesVqa, emoji: emojiVqa, ...PAPER_FINETUNING.vqa },
};
const DATA: Record<string, (options: JsonObject) => ImageTextDataset> = { shapes, ...OWN_DATA };

/**
 * Data from a specification: a name, or the path of a folder (docs/own-data.md), with options after a question mark:
 * `shapes`, `shapes?seed=1&train=2000`, `emoji`, `pets?imageSize=96`. `trainCaptions` puts others in the place of training captions: `web`, or a file that
 * `capfilt` wrote. `trainFilter` leaves training examples out: a block-list, or a script of filters (docs/limitations.md).
 * @throws Blip2Error naming the nearest known name
 */
export function openData(specification: string): ImageTextDataset {
  const { name, options } = readSpecification(specification);
  return makeData(name, options);
}

/** As `openData`, making first what has to be made of the data: packages installed, pictures decoded. */
export async function loadData(
  specification: string,
  onNote: (note: string) => void = console.error,
): Promise<ImageTextDataset> {
  const { name, options } = readSpecification(specification);
  const { trainCaptions: _1, trainFilter: _2, ...own } = options;
  await prepareOwnData(name, own, onNote);
  return makeData(name, options);
}

/**
 * Data to be trained on. Names and folders with `captions.jsonl` are decoded once and held in memory, as by `loadData`;
 * everything else, and a folder with `?stream=true`, is read from disk as it is needed (docs/pretraining.md).
 */
export async function loadTrainingData(
  specification: string,
  onNote: (note: string) => void = console.error,
): Promise<TrainingData> {
  const { name, options } = readSpecification(specification);
  const { stream = false, ...rest } = options;
  if (name === 'folder' && stream) {
    return streamed(`folder?${new URLSearchParams(rest as Record<string, string>).toString()}`);
  }
  if (Object.hasOwn(DATA, name)) return loadData(specification, onNote);
  // A word that is neither a kind of data nor a path was meant to be a name.
  if (!SOURCE_KINDS.includes(name) && !existsSync(name)) {
    throw unknownKey('data', name, [...Object.keys(DATA), ...SOURCE_KINDS]);
  }
  return streamed(specification);
}

function readSpecification(specification: string): { name: string; options: JsonObject } {
  const [name, settings = ''] = specification.split('?');
  const options = applyOverrides(
    {},
    settings.split('&').filter((setting) => setting !== ''),
  ) as JsonObject;
  if (Object.hasOwn(DATA, name) || !isDataFolder(name)) return { name, options };
  return { name: 'folder', options: { ...options, dir: name } };
}

/**
 * As `openData`, from the name and options that a recipe.json holds. Training captions that came from a file are there by
 * their hash alone, and cannot be read; no more can those that a filter passed.
 */
export function makeData(
  name: string,
  { trainCaptions, trainFilter, ...options }: JsonObject,
): ImageTextDataset {
  if (!Object.hasOwn(DATA, name)) throw unknownKey('data', name, Object.keys(DATA));
  const made = DATA[name](options);
  const data = trainCaptions === undefined ? made : withTrainCaptions(made, `${trainCaptions as string}`);
  return trainFilter === undefined ? data : withTrainFilter(data, trainFilter);
}

/**
 * A frozen language model: one that was made for the data, by its name, or the folder of any.
 * @throws Blip2Error if there is neither
 */
export function openLanguageModel(nameOrDir: string, data: ImageTextDataset): FrozenLanguageModel {
  return loadLanguageModel(languageModelDir(nameOrDir, data));
}

/** The folder of such a language model. @throws Blip2Error as `openLanguageModel` */
export function languageModelDir(
  nameOrDir: string,
  { languageDirs = {} }: Pick<ImageTextDataset, 'languageDirs'>,
): string {
  if (Object.hasOwn(languageDirs, nameOrDir)) return languageDirs[nameOrDir];
  if (existsSync(nameOrDir)) return nameOrDir;
  const names = Object.keys(languageDirs).join(', ');
  throw new Blip2Error(`There is no language model ${nameOrDir}`, {
    hint: `Give a model folder${names && `, or one of ${names}`}.`,
    exitCode: 2,
  });
}

/**
 * The options of a recipe: a name, or a file that exports them (`.json`, or `.js`/`.cjs`/`.mjs` with a default
 * export: options, or a function to them from `parts`).
 *
 * @param parts the models and runs that are built on
 * @throws Blip2Error naming the nearest known name
 */
export async function recipeOptions(
  kind: RecipeKind,
  nameOrFile: string,
  parts: object = {},
): Promise<Options> {
  const entry = await recipeEntry(kind, nameOrFile);
  return typeof entry === 'function' ? entry(parts as never) : entry;
}

async function recipeEntry(kind: RecipeKind, nameOrFile: string): Promise<Entry> {
  const known = RECIPES[kind];
  if (Object.hasOwn(known, nameOrFile)) return known[nameOrFile];
  if (!existsSync(nameOrFile)) {
    const isPath = /[\\/]|\.\w+$/.test(nameOrFile);
    if (!isPath) throw unknownKey('recipe', nameOrFile, Object.keys(known));
    throw new Blip2Error(`No recipe file ${nameOrFile}`, {
      hint: `Check the path, or take a recipe by name: ${Object.keys(known).join(', ')}.`,
      exitCode: 2,
    });
  }
  if (nameOrFile.endsWith('.json')) return readJsonObject(nameOrFile);
  const module = await loadScript(nameOrFile);
  // A CommonJS file compiled from TypeScript has its default export one level down.
  const exported = module.default;
  const options = exported && 'default' in exported ? (exported.default as Entry) : exported;
  if (!options)
    throw new Blip2Error(`${nameOrFile} has no default export`, {
      hint: 'Export the options of the recipe as default.',
    });
  return options;
}

async function loadScript(file: string): Promise<{ default?: Entry }> {
  try {
    return (await import(resolve(file))) as { default?: Entry };
  } catch (cause) {
    throw new Blip2Error(`${file} cannot be loaded: ${(cause as Error).message}`, {
      hint: 'A recipe is a .json file, or a .js, .cjs or .mjs file that Node can run.',
      cause,
    });
  }
}
