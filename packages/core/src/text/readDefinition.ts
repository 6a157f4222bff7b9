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
const LONGEST_MESSAGE = 300;
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
  const definition = parseDefinition(path, read(path));
  // What the configuration says comes before what the map says.
  const config = ['special_tokens_map.json', 'tokenizer_config.json']
    .map((name) => join(dir, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false }))
    .map((file) => definedOnly(parse(file, read(file), tokenizerConfigFile)))
    .reduce((all, part) => ({ ...all, ...part }), {});
  return { path, definition, config };
}

/** The content of a tokenizer.json. @throws Blip2Error as above */
export function parseDefinition(path: string, bytes: Uint8Array): TokenizerDefinition {
  return parse(path, bytes, tokenizerFile);
}

/** @throws Blip2Error that says what is wrong with a tokenizer's file */
export function unusable(path: string, cause: unknown): Blip2Error {
  // A message may quote what the file holds, of any length.
  const why = (cause as Error).message.slice(0, LONGEST_MESSAGE);
  return new Blip2Error(`${path} cannot be used as a tokenizer: ${why}`, { hint: HINT, cause });
}

function read(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_FILE) throw unusable(path, new Error(`it has ${size} bytes`));
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof Blip2Error) throw cause;
    throw new Blip2Error(`No tokenizer file ${path}: ${(cause as Error).message}`, {
      hint: 'A tokenizer folder holds tokenizer.json and tokenizer_config.json, as on the Hugging Face hub.',
      cause,
    });
  }
}

function parse<S extends z.ZodType>(path: string, bytes: Uint8Array, schema: S): z.output<S> {
  const { error, data } = schema.safeParse(json(path, bytes));
  if (!error) return data;
  const [{ path: entry, message }] = error.issues;
  throw unusable(path, new Error(`${z.core.toDotPath(entry) || 'the whole'}: ${message}`));
}

function json(path: string, bytes: Uint8Array): unknown {
  try {
    if (!isUtf8(bytes)) throw new Error('it is not text in UTF-8');
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Blip2Error(`${path} is not JSON: ${why}`, { hint: 'Fetch the file again.', cause });
  }
}

function definedOnly(config: TokenizerConfig): TokenizerConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value != null));
}
