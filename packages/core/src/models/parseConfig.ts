/** Fields of a config.json, checked by a zod schema. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { ACTIVATION_NAMES } from '../nn';

const count = z.number().int().nonnegative();

/** What the schemas of models are made of. */
export const field = {
  /** A width, a number of heads, of tokens, … */
  size: z.number().int().positive(),
  /** A token id. */
  count,
  /** A number of blocks. Published models have some hundred at most; a damaged number must not fill the memory. */
  blocks: count.max(10_000),
  /** An end token: the first, where there are several. */
  endToken: z.union([
    count,
    z
      .array(count)
      .min(1)
      .transform(([first]) => first),
  ]),
  probability: z.number().min(0).max(1),
  epsilon: z.number().positive(),
  activation: z.enum(ACTIVATION_NAMES),
};

/** `numHiddenLayers` → `num_hidden_layers`: as the file spells it. */
const onDisk = (key: PropertyKey): string => String(key).replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Without the fields that are null, which is how transformers writes "not set". */
function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const set = Object.entries(json).filter(([, value]) => value !== null);
  return Object.fromEntries(set.map(([key, value]) => [key, withoutNulls(value)]));
}

/**
 * The fields that the schema names, with its defaults; others are passed over.
 *
 * @param json keys in camelCase
 * @throws Blip2Error naming the field that is missing or out of range
 */
export function parseConfig<S extends z.ZodType>(schema: S, json: unknown, modelType: string): z.output<S> {
  const result = schema.safeParse(withoutNulls(json));
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0];
  throw new Blip2Error(`config.json of a ${modelType} model: ${path.map(onDisk).join('.')}: ${message}`, {
    hint: 'Correct the field, or fetch the model again.',
  });
}

/** @throws Blip2Error if heads do not share the width evenly */
export function checkHeads(modelType: string, width: number, heads: number): void {
  if (width % heads === 0) return;
  throw new Blip2Error(
    `config.json of a ${modelType} model: a width of ${width} cannot be shared by ${heads} heads`,
    { hint: 'hidden_size has to be a multiple of num_attention_heads.' },
  );
}
