/** JSON files of predictions and references, of any size that Node can hold as one string (half a gigabyte). */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { fileError } from '../checkpoints';

/**
 * A file's content, as the schema describes it.
 * @param format said in the hint of an error, e.g. "A list of {question_id, answer} is expected."
 * @throws Blip2Error naming the file and the entry at fault
 */
export function readJson<S extends z.ZodType>(path: string, schema: S, format: string): z.output<S> {
  const { error, data } = schema.safeParse(parse(path));
  if (!error) return data;
  const [{ path: entry, message }] = error.issues;
  throw new Blip2Error(`${path}: ${z.core.toDotPath(entry) || 'the whole'}: ${message}`, { hint: format });
}

function parse(path: string): unknown {
  let text: string;
  try {
    const bytes = readFileSync(path);
    if (!isUtf8(bytes)) throw new Blip2Error(`${path} is not text in UTF-8`, { hint: 'Save it as UTF-8.' });
    text = bytes.toString('utf8');
  } catch (cause) {
    throw fileError(cause, 'read', path);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Blip2Error(`${path} is not JSON: ${(cause as Error).message}`, {
      hint: 'Copy or write it again.',
      cause,
    });
  }
}
