/**
 * JSON files of the published sets, which are one list of many entries (or an object of them). Where a file is damaged, the
 * entries that are whole are read all the same.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { z } from 'zod';
import { Blip2Error } from '../../runtime';
import { fileError } from '../../checkpoints';
import type { Problems } from './problems';

const BROKEN = 'broken entry';

/** A file of entries, read once. */
export class SetFile {
  private readonly text: string;
  private readonly json: unknown;
  readonly name: string;

  /** @throws Blip2Error if it cannot be read, or is nothing like JSON */
  constructor(
    path: string,
    private readonly problems: Problems,
  ) {
    this.name = basename(path);
    try {
      this.text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw fileError(cause, 'read', path);
    }
    try {
      this.json = JSON.parse(this.text);
    } catch (cause) {
      if (!/^\s*[[{]/.test(this.text)) {
        throw new Blip2Error(`${path} is not JSON: ${(cause as Error).message}`, {
          hint: 'Copy or fetch it again.',
          cause,
        });
      }
    }
  }

  /** Has it such a list, or is it one (no key)? */
  has(key: string): boolean {
    if (this.json === undefined) return this.startOf(key) >= 0;
    return Array.isArray((this.json as Record<string, unknown>)?.[key]);
  }

  /** Is the whole file one list? */
  isList(): boolean {
    return this.json === undefined ? /^\s*\[/.test(this.text) : Array.isArray(this.json);
  }

  /**
   * The entries of the list under a key, or of the list that the file is; those that are broken or lack something are problems.
   * @throws Blip2Error if there is no such list
   */
  list<S extends z.ZodType>(schema: S, key?: string): z.output<S>[] {
    const list = key === undefined ? this.json : (this.json as Record<string, unknown> | undefined)?.[key];
    if (Array.isArray(list))
      return this.checked(
        schema,
        list.map((value, i): Found => [`entry ${i}`, value]),
      );
    if (this.json !== undefined) throw this.without(key === undefined ? 'a list' : `a list "${key}"`);
    const start = key === undefined ? this.text.indexOf('[') + 1 : this.startOf(key);
    if (start < 0) throw this.without(`a list "${key}"`);
    return this.checked(
      schema,
      this.recover(start, /\{\s*("(?:[^"\\]|\\.)*")\s*:/y, (key) => `\\{\\s*${key}\\s*:`),
    );
  }

  /** The entries of the object that the file is, with their keys as `key`. */
  record<S extends z.ZodType>(schema: S): z.output<S>[] {
    const { json } = this;
    if (json === undefined) {
      const start = this.text.indexOf('{') + 1;
      return this.checked(
        schema,
        this.recover(start, /("[^"\\]*")\s*:\s*\{/y, () => '"\\d+"\\s*:\\s*\\{'),
      );
    }
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw this.without('an object of entries');
    return this.checked(
      schema,
      Object.entries(json).map(([key, value]): Found => [`"${key}"`, { ...(value as object), key }]),
    );
  }

  private checked<S extends z.ZodType>(schema: S, found: readonly Found[]): z.output<S>[] {
    return found.flatMap(([name, value]) => {
      const { error, data } = schema.safeParse(value);
      if (!error) return [data];
      const [{ path, message }] = error.issues;
      this.problems.add(
        `${this.name}: ${BROKEN}`,
        `${name} (${path.map(String).join('.') || 'the whole'}: ${message})`,
      );
      return [];
    });
  }

  /** One past the bracket of a list in text that is no whole JSON; −1 if there is none. */
  private startOf(key: string): number {
    const match = new RegExp(`"${key}"\\s*:\\s*\\[`).exec(this.text);
    return match ? match.index + match[0].length : -1;
  }

  /**
   * Entries one by one. After a broken one it goes on where the next begins: with the first key that the others begin with.
   * @param head of an entry @param next what the head of the next one looks like, by the first key of this one
   */
  private recover(start: number, head: RegExp, next: (key: string) => string): Found[] {
    const { text } = this;
    const found: Found[] = [];
    let at = skip(text, start);
    let key = '';
    while (at < text.length && text[at] !== ']') {
      head.lastIndex = at;
      const match = head.exec(text);
      if (match) key ||= match[1];
      const isRecord = match?.[0].startsWith('"') ?? false;
      const open = isRecord ? text.indexOf('{', at) : at;
      const end = match ? endOf(text, open) : -1;
      const value = end < 0 ? undefined : parse(text.slice(open, end));
      if (value !== undefined) {
        const own = isRecord ? { ...value, key: JSON.parse(match![1]) as string } : value;
        found.push([`line ${lineOf(text, at)}`, own]);
        at = skip(text, end);
        if (isRecord && text[at] === '}') break;
        continue;
      }
      const line = lineOf(text, at);
      const others = new RegExp(next(key || '"[^"]*"'), 'g');
      others.lastIndex = at + 1;
      const following = others.exec(text);
      if (!following && !/[^\s\]}]/.test(text.slice(at))) break;
      this.problems.add(
        `${this.name}: ${BROKEN}`,
        `line ${line}${following ? '' : ' (and all after it: the file ends there)'}`,
      );
      if (!following) break;
      at = following.index;
    }
    return found;
  }

  private without(what: string): Blip2Error {
    return new Blip2Error(`${this.name} holds no ${what.replace(/^an? /, '')}`, {
      hint: 'Is it the file of this set? Copy or fetch it again.',
    });
  }
}

type Found = [name: string, value: unknown];

/** Past spaces and commas. */
function skip(text: string, at: number): number {
  while (at < text.length && /[\s,]/.test(text[at])) at++;
  return at;
}

/** One past the bracket that closes the one at `open`; −1 if none does. */
function endOf(text: string, open: number): number {
  let [depth, quoted] = [0, false];
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{' || c === '[') depth++;
    else if ((c === '}' || c === ']') && --depth === 0) return i + 1;
  }
  return -1;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;
