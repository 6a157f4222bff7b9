/** What is known of a public set: where it comes from, under which licence, how it is laid out, how much of it there is. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shapesDirectory } from '@blip2/datasets';
import { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { readJsonObject } from '../../checkpoints';

const text = z.string().min(1);
const count = z.number().int().positive().optional();

const manifest = z.strictObject({
  /** As in its specification, and as its file is called. */
  name: text,
  title: text,
  /** What it is for: `pre-training`, `captioning`, `question answering`, `retrieval`. */
  roles: z.array(text).min(1),
  /** Where it is to be had. */
  source: z.url(),
  paper: z.url().optional(),
  licence: z.strictObject({ annotations: text, pictures: text }),
  /** How it is opened: a specification with DIR in it. */
  data: text,
  /** Is it a list of addresses, of which fewer and fewer can be fetched? */
  linksDie: z.boolean(),
  /** Of each split, as far as it is known. */
  expected: z.record(
    text,
    z.strictObject({ pictures: count, captions: count, questions: count, note: text.optional() }),
  ),
  /** What is read, by its name in the files. */
  fields: z.record(text, text),
  /** Files and folders below DIR. */
  layout: z.array(text).min(1),
  notes: z.array(text).optional(),
});

/** A manifest of `datasets/manifests`. */
export type Manifest = z.output<typeof manifest>;

const folder = join(shapesDirectory, '..', 'manifests');

/** The names of all sets that have one. */
export const manifestNames = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();

/** The manifest of a set, if it has one. @throws Blip2Error naming file and key of one that is not as it should be */
export function manifestOf(name: string): Manifest | undefined {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) return undefined;
  const result = manifest.safeParse(readJsonObject(path));
  if (result.success) return result.data;
  const { path: key, message } = result.error.issues[0];
  throw new Blip2Error(`${path}: ${key.join('.')}: ${message}`);
}
