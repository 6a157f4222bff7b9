/** JSON files that come from elsewhere. On disk the keys of a config are snake_case, in TypeScript camelCase. */
import { readFileSync, statSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { fileError } from './files';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

const FETCH_AGAIN = 'Copy or fetch it again.';
const MAX_BYTES = 100_000_000;
const MAX_DEPTH = 64;

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const isOpening = (byte: number) => byte === 0x5b || byte === 0x7b;
const isClosing = (byte: number) => byte === 0x5d || byte === 0x7d;

/**
 * How deep JSON text nests and how many keys its objects have, found without building anything: text that nests
 * without end must not reach a parser or a recursive function.
 */
export function surveyJson(bytes: Uint8Array): { depth: number; keys: number } {
  let [depth, deepest, keys, quoted] = [0, 0, 0, false];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) quoted = false;
    } else if (byte === QUOTE) quoted = true;
    else if (byte === COLON) keys++;
    else if (isOpening(byte)) deepest = Math.max(deepest, ++depth);
    else if (isClosing(byte)) depth--;
  }
  return { depth: deepest, keys };
}

/**
 * A JSON object from UTF-8 text, with no key given twice.
 * @param what names the text in errors, e.g. its file
 */
export function parseJsonObject(bytes: Uint8Array, what: string, maxDepth = MAX_DEPTH): JsonObject {
  const bad = (problem: string, cause?: unknown) =>
    new Blip2Error(`${what} ${problem}`, { hint: FETCH_AGAIN, cause });
  const { depth, keys } = surveyJson(bytes);
  if (depth > maxDepth) throw bad(`nests ${depth} levels deep, which no such file does`);
  let value: Json;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as Json;
  } catch (cause) {
    throw bad(`is not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('is not a JSON object');
  }
  if (countKeys(value) !== keys) throw bad('gives a key twice in one object');
  return value;
}

function countKeys(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce<number>((sum, item) => sum + countKeys(item), 0);
  return Array.isArray(value) ? inner : inner + Object.keys(value).length;
}

/** Reads a JSON object from a file. @throws Blip2Error naming the file. */
export function readJsonObject(path: string): JsonObject {
  try {
    const stats = statSync(path);
    if (!stats.isFile()) throw new Blip2Error(`${path} is not a file`, { hint: FETCH_AGAIN });
    const { size } = stats;
    if (size > MAX_BYTES) {
      throw new Blip2Error(`${path} has ${size} bytes, too many for such a file`, { hint: FETCH_AGAIN });
    }
    return parseJsonObject(readFileSync(path), path);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
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
