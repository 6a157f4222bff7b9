/** Recipes and data by the names that the command line knows them by. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Blip2Error } from '../runtime';
import { readJsonObject, type JsonObject } from '../checkpoints';
import { shapes, type ImageTextDataset } from '../data';
import { withTrainCaptions } from '../capfilt';
import { applyOverrides } from './overrides';
import { unknownKey } from './errors';
import { shapesRetrieval, shapesStage1 } from './shapes';

type Options = Record<string, unknown>;

/** What a recipe trains. */
export type RecipeKind = 'stage1' | 'retrieval';

const RECIPES: Record<RecipeKind, Record<string, Options>> = {
  stage1: { shapes: shapesStage1 },
  retrieval: { shapes: shapesRetrieval },
};
const DATA: Record<string, (options: JsonObject) => ImageTextDataset> = { shapes };

/**
 * Data from a specification: a name, with options after a question mark: `shapes`, `shapes?seed=1&train=2000`,
 * `shapes?captions.perScene=3`. `trainCaptions` puts others in the place of training captions: `web`, or a file that
 * `capfilt` wrote. @throws Blip2Error naming the nearest known name
 */
export function openData(specification: string): ImageTextDataset {
  const [name, options = ''] = specification.split('?');
  const settings = options.split('&').filter((setting) => setting !== '');
  return makeData(name, applyOverrides({}, settings) as JsonObject);
}

/**
 * As `openData`, from the name and options that a recipe.json holds. Training captions that came from a file are there by
 * their hash alone, and cannot be read.
 */
export function makeData(name: string, { trainCaptions, ...options }: JsonObject): ImageTextDataset {
  if (!Object.hasOwn(DATA, name)) throw unknownKey('data', name, Object.keys(DATA));
  const data = DATA[name](options);
  return trainCaptions === undefined ? data : withTrainCaptions(data, `${trainCaptions as string}`);
}

/**
 * The options of a recipe: a name, or a file that exports them (`.json`, or `.js`/`.cjs`/`.mjs` with a default
 * export). @throws Blip2Error naming the nearest known name
 */
export async function recipeOptions(kind: RecipeKind, nameOrFile: string): Promise<Options> {
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
  const options = module.default?.default ?? module.default;
  if (!options)
    throw new Blip2Error(`${nameOrFile} has no default export`, {
      hint: 'Export the options of the recipe as default.',
    });
  return options;
}

async function loadScript(file: string): Promise<{ default?: { default?: Options } & Options }> {
  try {
    return (await import(resolve(file))) as { default?: Options };
  } catch (cause) {
    throw new Blip2Error(`${file} cannot be loaded: ${(cause as Error).message}`, {
      hint: 'A recipe is a .json file, or a .js, .cjs or .mjs file that Node can run.',
      cause,
    });
  }
}
