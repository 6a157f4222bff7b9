/**
 * Model folders as Hugging Face lays them out: `config.json` beside `model.safetensors`, or beside several shards
 * listed in `model.safetensors.index.json`; where there are neither, PyTorch's `pytorch_model.bin` or its shards.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { Blip2Error } from '../runtime';
import { sha256, sha256File } from './hash';
import { fileIn, stateOf } from './replaceFiles';
import { configFromDisk, readJsonObject, type JsonObject } from './json';
import { excerpt, nameOf } from './problems';
import { PytorchFile } from './pytorchFile';
import { SafetensorsFile } from './safetensors';
import type { TensorFile } from './tensorFile';

export const CONFIG = 'config.json';
export const WEIGHTS = 'model.safetensors';
export const INDEX = 'model.safetensors.index.json';
const [PICKLE, PICKLE_INDEX] = ['pytorch_model.bin', 'pytorch_model.bin.index.json'];

/** The files of a folder that make the model, and are replaced together. */
export function isModelFile(name: string): boolean {
  return (
    name === CONFIG || name === WEIGHTS || name === INDEX || /^model-\d+-of-\d+\.safetensors$/.test(name)
  );
}

/** Those, and PyTorch's, which are read but never written. */
const isRead = (name: string) => isModelFile(name) || /^pytorch_model[^/]*\.bin(\.index\.json)?$/.test(name);

const LAYOUT = 'A model folder has config.json and model.safetensors, as on the Hugging Face hub.';

export interface ModelFolder {
  dir: string;
  /** `config.json`, keys in camelCase. */
  config: JsonObject;
  files: readonly TensorFile[];
  /** The file in which each tensor lies. */
  tensors: ReadonlyMap<string, TensorFile>;
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
  const before = stateOf(dir, isRead);
  const path = modelFile(dir, CONFIG);
  if (!path) throw new Blip2Error(`${dir} holds no ${CONFIG}`, { hint: LAYOUT });
  const config = configFromDisk(readJsonObject(path));
  const assertUnchanged = () => {
    if (stateOf(dir, isRead) === before) return;
    throw new Blip2Error(`${dir} was written to while it was read`, { hint: 'Load the model again.' });
  };
  return { dir, config, ...openWeights(dir), assertUnchanged };
}

const modelFile = (dir: string, name: string): string | undefined => fileIn(dir, name, isModelFile);

function openWeights(dir: string): Weights {
  const index = [INDEX, PICKLE_INDEX].map((name) => modelFile(dir, name));
  const [weights, pickle] = [WEIGHTS, PICKLE].map((name) => modelFile(dir, name));
  if (weights) return whole(new SafetensorsFile(weights));
  if (index[0]) return openShards(dir, index[0]);
  if (pickle) return whole(new PytorchFile(pickle));
  if (index[1]) return openShards(dir, index[1]);
  throw new Blip2Error(`${dir} holds neither ${WEIGHTS} nor ${INDEX}, nor PyTorch’s ${PICKLE}`, {
    hint: LAYOUT,
  });
}

function whole(file: TensorFile): Weights {
  return { files: [file], tensors: new Map(file.names().map((name) => [name, file])), problems: [] };
}

function openShards(dir: string, index: string): Weights {
  const map = readWeightMap(index); // the shard of each tensor
  const list = basename(index);
  const problems: string[] = [];
  const files = new Map<string, TensorFile>();
  for (const shard of [...new Set(map.values())].sort()) {
    const path = modelFile(dir, shard);
    if (!path) problems.push(`${shard} is missing, though ${list} lists it`);
    else
      collect(problems, () =>
        files.set(shard, shard.endsWith('.bin') ? new PytorchFile(path) : new SafetensorsFile(path)),
      );
  }
  const tensors = new Map<string, TensorFile>();
  for (const [name, shard] of map) {
    const file = files.get(shard);
    if (file?.tensors.has(name)) tensors.set(name, file);
    else if (file) problems.push(`${nameOf(name)} is not in ${shard}, where ${list} says it is`);
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
const SHARD = /^[^/\\\0]+\.[a-z]+$/;

function readWeightMap(path: string): Map<string, string> {
  const { weight_map: map } = readJsonObject(path);
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new Blip2Error(`${path} has no weight_map`, { hint: 'Fetch the file again.' });
  }
  const entries = Object.entries(map);
  const kind = basename(path, '.index.json');
  for (const [name, shard] of entries) {
    if (typeof shard === 'string' && SHARD.test(shard) && shard.endsWith(extname(kind))) continue;
    const what = `${nameOf(name)} lies in ${excerpt(shard)}, which is no file of the folder`;
    throw new Blip2Error(`${path}: ${what}`, {
      hint: `Shards lie beside their index and end in ${extname(kind)}. Fetch the file again.`,
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
