/** Reads and checks a tokenizer folder. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import {
  tokenizerConfigFile,
  tokenizerFile,
  type TokenizerConfig,
  type TokenizerDefinition,
} from './definition';

/** The largest published tokenizer.json has 35 MB. */
const LARGEST_FILE = 128 * 2 ** 20;
const HINT =
  'It should be the tokenizer.json that transformers writes (fast tokenizer) for BERT, OPT, CLIP or T5.';

export interface TokenizerFolder {
  /** Of tokenizer.json, for messages. */
  path: string;
  definition: TokenizerDefinition;
  config: TokenizerConfig;
}

/**
 * `tokenizer.json`, with `tokenizer_config.json` and `special_tokens_map.json` if they are there.
 * @throws Blip2Error naming the file, and the entry in it that is missing, wrong or unknown
 */
export function readTokenizerFolder(dir: string): TokenizerFolder {
  const path = join(dir, 'tokenizer.json');
  const definition = parse(path, readJson(path), tokenizerFile);
  // What the configuration says comes before what the map says.
  const config = ['special_tokens_map.json', 'tokenizer_config.json']
    .map((name) => join(dir, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false }))
    .map((file) => definedOnly(parse(file, readJson(file), tokenizerConfigFile)))
    .reduce((all, part) => ({ ...all, ...part }), {});
  return { path, definition, config };
}

/** @throws Blip2Error that says what is wrong with a tokenizer.json */
export function unusable(path: string, cause: unknown): Blip2Error {
  return new Blip2Error(`${path} cannot be used as a tokenizer: ${(cause as Error).message}`, {
    hint: HINT,
    cause,
  });
}

function readJson(path: string): unknown {
  let bytes: Buffer;
  try {
    const { size } = statSync(path);
    if (size > LARGEST_FILE) {
      throw new Blip2Error(`${path} has ${size} bytes, too many for a tokenizer`, { hint: HINT });
    }
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof Blip2Error) throw cause;
    throw new Blip2Error(`No tokenizer file ${path}: ${(cause as Error).message}`, {
      hint: 'A tokenizer folder holds tokenizer.json and tokenizer_config.json, as on the Hugging Face hub.',
      cause,
    });
  }
  try {
    if (!isUtf8(bytes)) throw new Error('it is not text in UTF-8');
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new Blip2Error(`${path} is not JSON: ${(cause as Error).message}`, {
      hint: 'Fetch the file again.',
      cause,
    });
  }
}

function parse<S extends z.ZodType>(path: string, content: unknown, schema: S): z.output<S> {
  const { error, data } = schema.safeParse(content);
  if (!error) return data;
  const [{ path: entry, message }] = error.issues;
  throw unusable(path, new Error(`${z.core.toDotPath(entry) || 'the whole'}: ${message}`));
}

function definedOnly(config: TokenizerConfig): TokenizerConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value != null));
}
