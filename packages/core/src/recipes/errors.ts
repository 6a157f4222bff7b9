/** Recipe options checked by a zod schema; an unknown key is answered with the nearest known one. */
import { z } from 'zod';
import { Blip2Error } from '../runtime';

/** Edits (insertions, deletions, replacements, swaps of neighbours) that turn one word into the other. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? rows[i - 2][j - 2] + 1 : Infinity;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, replaced, swapped);
    }
  }
  return rows[a.length][b.length];
}

/** The known word that is fewest edits away, upper and lower case alike. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const distance = (other: string) => editDistance(word.toLowerCase(), other.toLowerCase());
  return [...known].sort((a, b) => distance(a) - distance(b))[0];
}

/** An error for a key that nothing is called. */
export function unknownKey(what: string, key: string, known: readonly string[]): Blip2Error {
  const suggestion = nearest(key, known);
  return new Blip2Error(`Unknown ${what} ${key}`, {
    hint: `${suggestion ? `Did you mean ${suggestion}? ` : ''}There are: ${known.join(', ')}.`,
    exitCode: 2,
  });
}

/** A schema without its default. */
function bare(schema: unknown): unknown {
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional;
  return wrapped ? bare(schema.unwrap()) : schema;
}

/** The keys of the object schema at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const shapeOf = (at: unknown) =>
    at instanceof z.ZodObject ? (at.shape as Record<PropertyKey, unknown>) : {};
  const end = path.reduce<unknown>((at, part) => bare(shapeOf(at)[part]), bare(schema));
  return Object.keys(shapeOf(end));
}

/** Options with their defaults filled in. @throws Blip2Error naming the key at fault */
export function parseOptions<S extends z.ZodType>(schema: S, options: unknown, what: string): z.output<S> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const prefix = issue.path.map((part) => `${String(part)}.`).join('');
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path).map((key) => prefix + key);
    throw unknownKey(`key in ${what}:`, prefix + issue.keys[0], known);
  }
  throw new Blip2Error(`${what}: ${prefix.slice(0, -1)}: ${issue.message}`, {
    hint: 'See docs/training.md for the options of recipes.',
    exitCode: 2,
  });
}

/** An error for an option that is known and wrong. */
export function wrongOption(recipe: string, key: string, what: string, hint: string): Blip2Error {
  return new Blip2Error(`${recipe} recipe: ${key}: ${what}`, { hint, exitCode: 2 });
}
