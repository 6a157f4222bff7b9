/** Bundles and sets from parsed JSON, which may come from anywhere: checked before anything is decoded into memory. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import {
  ATTENTION_FORMAT,
  ATTENTION_SET_FORMAT,
  type AttentionBundle,
  type AttentionMaps,
  type AttentionSet,
  type AttentionToQueries,
} from './format';
import { fromBase64 } from './numbers';

/** Digits and padding; whole groups are seen to by comparing lengths. */
const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, { error: 'is not base64' });
const count = z.int().positive();
const numbered = z.object({ layer: z.int().nonnegative(), scale: base64.optional() });
const maps = { heat: base64, cls: base64 };
const pictureLayers = z.array(numbered.extend(maps)).min(1).refine(areDifferent, twice());
const queryLayers = z
  .array(numbered.extend({ toQueries: base64 }))
  .min(1)
  .refine(areDifferent, twice());

const bundleSchema = z.object({
  format: z.literal(ATTENTION_FORMAT),
  image: z.object({ url: z.string().startsWith('data:image/png;base64,'), width: count, height: count }),
  grid: z.object({ rows: count, columns: count }),
  heads: count,
  queries: count,
  layers: pictureLayers,
  gradients: pictureLayers.optional(),
  gradientOf: z.string().optional(),
  rollout: z.object({ ...maps, scale: base64.optional() }).optional(),
  text: z.string().optional(),
  tokens: z.object({ text: z.array(z.string()).min(1), layers: queryLayers }).optional(),
  generated: z
    .object({ prompt: z.string(), tokens: z.array(z.string()).min(1), heads: count, layers: queryLayers })
    .optional(),
});

/** A name that leads nowhere else, on a disk or in an address: no separators, drives, escapes, queries, hidden files. */
const fileName = z
  .string()
  .max(255)
  .regex(/^(?!\.)(?!.*\.\.)[^/\\:%?#\u0000-\u001f\u007f]+$/, { error: 'expected a plain file name' });
const folder = z.string().refine((dir) => dir.split('/').every((part) => fileName.safeParse(part).success), {
  error: 'expected a folder below this one, without ".."',
});

const setSchema = z.object({
  format: z.literal(ATTENTION_SET_FORMAT),
  title: z.string().optional(),
  dir: folder.optional(),
  items: z
    .array(
      z
        .object({ name: z.string(), bundle: z.unknown().optional(), file: fileName.optional() })
        .refine(({ bundle, file }) => (bundle === undefined) !== (file === undefined), {
          error: 'expected a bundle or a file',
        }),
    )
    .min(1),
});

function areDifferent(layers: readonly { layer: number }[]): boolean {
  return new Set(layers.map(({ layer }) => layer)).size === layers.length;
}

function twice() {
  return { error: 'a block appears twice' };
}

/** A bundle from parsed JSON. @throws Blip2Error naming the key at fault */
export function readAttentionBundle(json: unknown, name = 'attention bundle'): AttentionBundle {
  const bundle = parse(bundleSchema, json, name, ATTENTION_FORMAT);
  const { queries, heads, grid, layers, gradients, rollout, tokens, generated } = bundle;
  const patches = grid.rows * grid.columns;
  layers.forEach((layer, i) => checkMaps(layer, heads * queries, patches, `${name}: layers.${i}`));
  gradients?.forEach((layer, i) => checkMaps(layer, heads * queries, patches, `${name}: gradients.${i}`));
  if (rollout) checkMaps(rollout, queries, patches, `${name}: rollout`);
  tokens?.layers.forEach((layer, i) =>
    checkQueries(layer, heads * tokens.text.length, queries, `${name}: tokens.layers.${i}`),
  );
  generated?.layers.forEach((layer, i) =>
    checkQueries(layer, generated.heads * generated.tokens.length, queries, `${name}: generated.layers.${i}`),
  );
  return bundle;
}

/** A set from parsed JSON, the bundles in it included. @throws Blip2Error naming the key at fault */
export function readAttentionSet(json: unknown, name = 'attention set'): AttentionSet {
  const { items, ...set } = parse(setSchema, json, name, ATTENTION_SET_FORMAT);
  const checked = items.map(({ bundle, ...item }, i) =>
    bundle === undefined
      ? item
      : { ...item, bundle: readAttentionBundle(bundle, `${name}: items.${i}.bundle`) },
  );
  return { ...set, items: checked };
}

/** @throws Blip2Error if a viewer would not look for files there: see `AttentionSet.dir` */
export function checkAttentionFolder(dir: string): void {
  parse(folder, dir, `The folder ${JSON.stringify(dir)}`, ATTENTION_SET_FORMAT);
}

/** Either of the two, as the JSON's `format` says. @throws Blip2Error naming the key at fault */
export function readAttention(json: unknown, name = 'attention record'): AttentionBundle | AttentionSet {
  const format = (json as { format?: unknown } | null | undefined)?.format;
  return format === ATTENTION_SET_FORMAT ? readAttentionSet(json, name) : readAttentionBundle(json, name);
}

function parse<T>(schema: z.ZodType<T>, json: unknown, name: string, format: string): T {
  const { error, data } = schema.safeParse(json);
  if (!error) return data;
  const [{ path, message }] = error.issues;
  throw new Blip2Error([name, path.join('.') || 'the whole', message].join(': '), {
    hint: `JSON of the format ${format} is expected.`,
  });
}

function checkMaps({ heat, cls, scale }: AttentionMaps, rows: number, width: number, name: string): void {
  checkTable({ key: 'heat', values: heat, scale }, rows, width, name);
  checkFloats(cls, rows, `${name}.cls`);
}

function checkQueries(
  { toQueries, scale }: AttentionToQueries,
  rows: number,
  width: number,
  name: string,
): void {
  checkTable({ key: 'toQueries', values: toQueries, scale }, rows, width, name);
}

function checkTable(
  { key, values, scale }: { key: string; values: string; scale?: string },
  rows: number,
  width: number,
  name: string,
): void {
  if (scale === undefined) return checkFloats(values, rows * width, `${name}.${key}`);
  checkFloats(scale, rows, `${name}.scale`);
  checkLength(values, rows * width, 1, `${name}.${key}`);
}

function checkFloats(text: string, expected: number, name: string): void {
  checkLength(text, expected, 4, name);
  if (fromBase64(text).every((value) => value >= 0 && value < Infinity)) return;
  throw new Blip2Error(`${name}: not all numbers are finite and 0 or more`, {
    hint: 'The bundle was damaged, or the model that it came from has weights that are no numbers.',
  });
}

function checkLength(text: string, expected: number, bytes: number, name: string): void {
  const found = Buffer.byteLength(text, 'base64') / bytes;
  if (found === expected) return;
  throw new Blip2Error(`${name}: ${found} numbers, expected ${expected}`, {
    hint: 'The bundle was cut short, or its grid, heads, queries or tokens were changed.',
  });
}
