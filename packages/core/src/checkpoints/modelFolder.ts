/**
 * Model folders as Hugging Face lays them out: `config.json` beside `model.safetensors`, or beside several shards
 * listed in `model.safetensors.index.json`.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { sha256, sha256File } from './hash';
import { fileIn, stateOf } from './replaceFiles';
import { configFromDisk, readJsonObject, type JsonObject } from './json';
import { excerpt, nameOf } from './problems';
import { SafetensorsFile } from './safetensors';

export const CONFIG = 'config.json';
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';

/** The files of a folder that make the model, and are replaced together. */
export function isModelFile(name: string): boolean {
  return (
    name === CONFIG || name === WEIGHTS || name === INDEX || /^model-\d+-of-\d+\.safetensors$/.test(name)
  );
}

const LAYOUT = 'A model folder has config.json and model.safetensors, as on the Hugging Face hub.';

export interface ModelFolder {
  dir: string;
  /** `config.json`, keys in camelCase. */
  config: JsonObject;
  files: readonly SafetensorsFile[];
  /** The file in which each tensor lies. */
  tensors: ReadonlyMap<string, SafetensorsFile>;
  /** What is wrong with the shards; empty for a whole folder. */
  problems: readonly string[];
  /**
   * Files are opened one by one: after a model was saved over this one, what was read may be a mixture.
   * @throws Blip2Error if config or weights are not those that were opened
   */
  assertUnchanged: () => void;
}

type Weights = Pick<ModelFolder, 'files' | 'tensors' | 'problems'>;

/** Reads config and headers of a model folder. @throws Blip2Error naming the file at fault. */
export function openModelFolder(dir: string): ModelFolder {
  if (!existsSync(dir)) throw new Blip2Error(`There is no folder ${dir}`, { hint: LAYOUT });
  if (!statSync(dir).isDirectory()) throw new Blip2Error(`${dir} is a file, not a folder`, { hint: LAYOUT });
  const before = stateOf(dir, isModelFile);
  const path = modelFile(dir, CONFIG);
  if (!path) throw new Blip2Error(`${dir} holds no ${CONFIG}`, { hint: LAYOUT });
  const config = configFromDisk(readJsonObject(path));
  const assertUnchanged = () => {
    if (stateOf(dir, isModelFile) === before) return;
    throw new Blip2Error(`${dir} was written to while it was read`, { hint: 'Load the model again.' });
  };
  return { dir, config, ...openWeights(dir), assertUnchanged };
}

const modelFile = (dir: string, name: string): string | undefined => fileIn(dir, name, isModelFile);

function openWeights(dir: string): Weights {
  const weights = modelFile(dir, WEIGHTS);
  if (weights) {
    const file = new SafetensorsFile(weights);
    return { files: [file], tensors: new Map(file.names().map((name) => [name, file])), problems: [] };
  }
  const index = modelFile(dir, INDEX);
  if (index) return openShards(dir, readWeightMap(index));
  const pickles = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];
  throw new Blip2Error(`${dir} holds neither ${WEIGHTS} nor ${INDEX}`, {
    hint: pickles.some((name) => existsSync(join(dir, name)))
      ? 'Its weights are a pickle of PyTorch: load and save the model once with a recent transformers in Python.'
      : LAYOUT,
  });
}

/** @param map the shard of each tensor */
function openShards(dir: string, map: ReadonlyMap<string, string>): Weights {
  const problems: string[] = [];
  const files = new Map<string, SafetensorsFile>();
  for (const shard of [...new Set(map.values())].sort()) {
    const path = modelFile(dir, shard);
    if (!path) problems.push(`${shard} is missing, though ${INDEX} lists it`);
    else collect(problems, () => files.set(shard, new SafetensorsFile(path)));
  }
  const tensors = new Map<string, SafetensorsFile>();
  for (const [name, shard] of map) {
    const file = files.get(shard);
    if (file?.tensors.has(name)) tensors.set(name, file);
    else if (file) problems.push(`${nameOf(name)} is not in ${shard}, where ${INDEX} says it is`);
  }
  return { files: [...files.values()], tensors, problems };
}

/** Damage of one shard is told with that of the others. */
function collect(problems: string[], open: () => void): void {
  try {
    open();
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    problems.push(error.message);
  }
}

/** A plain name: an index must not reach out of its folder. */
const SHARD = /^[^/\\\0]+\.safetensors$/;

function readWeightMap(path: string): Map<string, string> {
  const { weight_map: map } = readJsonObject(path);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new Blip2Error(`${path} has no weight_map`, { hint: 'Fetch the file again.' });
  }
  const entries = Object.entries(map);
  for (const [name, shard] of entries) {
    if (typeof shard === 'string' && SHARD.test(shard)) continue;
    const what = `${nameOf(name)} lies in ${excerpt(shard)}, which is no file of the folder`;
    throw new Blip2Error(`${path}: ${what}`, {
      hint: 'Shards lie beside their index and end in .safetensors. Fetch the file again.',
    });
  }
  return new Map(entries as [string, string][]);
}

/** Hexadecimal SHA-256 of the weights: of their file as it is, or of the shards' own hashes. */
export function hashWeights({ files, assertUnchanged }: ModelFolder): string {
  const hashes = files.map(({ path }) => sha256File(path));
  assertUnchanged();
  return hashes.length === 1 ? hashes[0] : sha256(...hashes);
}
