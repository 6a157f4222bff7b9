/**
 * Model folders as Hugging Face lays them out: `config.json` beside `model.safetensors`, or beside several shards listed
 * in `model.safetensors.index.json`. On disk configs are snake_case, in TypeScript camelCase.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error } from '../runtime';
import { fileError, writeFileAtomic } from './files';
import { SafetensorsFile, writeSafetensors, type HostTensor } from './safetensors';

const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Reads a JSON object from a file. @throws Blip2Error naming the file. */
export function readJsonObject(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  try {
    const value = JSON.parse(text) as Json;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new Blip2Error(`${path} is not JSON: ${(cause as Error).message}`, {
      hint: 'Copy or fetch it again.',
      cause,
    });
  }
  throw new Blip2Error(`${path} does not hold a JSON object`, { hint: 'Copy or fetch it again.' });
}

function renameKeys(value: Json, rename: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key), renameKeys(item, rename)]),
  );
}

/** `hidden_size` → `hiddenSize`, all the way down. */
export function configFromDisk(config: JsonObject): JsonObject {
  return renameKeys(config, (key) =>
    key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()),
  ) as JsonObject;
}

/** `hiddenSize` → `hidden_size`, all the way down. */
export function configToDisk(config: JsonObject): JsonObject {
  return renameKeys(config, (key) => key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)) as JsonObject;
}

export interface Pretrained {
  /** `config.json`, keys in camelCase. */
  config: JsonObject;
  /** float32 values by parameter name, whatever the stored dtype. */
  tensors: Record<string, HostTensor>;
}

function weightFiles(dir: string): string[] {
  if (existsSync(join(dir, WEIGHTS))) return [WEIGHTS];
  if (!existsSync(join(dir, INDEX))) {
    throw new Blip2Error(`${dir} holds neither ${WEIGHTS} nor ${INDEX}`, {
      hint: 'A model folder has config.json and model.safetensors, as on the Hugging Face hub.',
    });
  }
  const { weight_map: map } = readJsonObject(join(dir, INDEX));
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new Blip2Error(`${join(dir, INDEX)} has no weight_map`, { hint: 'Fetch the file again.' });
  }
  return [...new Set(Object.values(map).map(String))];
}

/** Reads a model folder. @throws Blip2Error naming the file and tensor at fault. */
export function loadPretrained(dir: string): Pretrained {
  const config = configFromDisk(readJsonObject(join(dir, 'config.json')));
  const tensors: Record<string, HostTensor> = {};
  for (const name of weightFiles(dir)) {
    const file = new SafetensorsFile(join(dir, name));
    for (const [key, { shape }] of file.tensors) tensors[key] = { shape, data: file.float32(key) };
  }
  return { config, tensors };
}

/** Writes `config.json` (snake_case) and `model.safetensors`; each file whole or not at all. */
export function savePretrained(
  dir: string,
  model: Pretrained,
  metadata: Record<string, string> = { format: 'pt' },
): void {
  writeSafetensors(join(dir, WEIGHTS), model.tensors, metadata);
  writeFileAtomic(join(dir, 'config.json'), [`${JSON.stringify(configToDisk(model.config), null, 2)}\n`]);
}
