/**
 * A list of pictures on disk, whatever format it came in: a line of JSON for each, and where each line begins. Made once
 * from a set's own files, and valid as long as their sizes and times are what they were. Nothing of it stays in memory.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Blip2Error } from '../../runtime';
import { fileError, makeFolder, readJsonObject, sha256, writeAll, writeFileAtomic } from '../../checkpoints';
import { FaultList, type Faults } from './faults';
import { PlaceReader, type PicturePlace } from './place';
import type { PictureSource } from './source';

/** A picture as the index has it. */
export interface ListedPicture {
  /** Path of its file, from the set's folder on. */
  image: string;
  captions: readonly string[];
  /** What is asked about it: then the captions are answers. */
  question?: string;
  /** `image` unless given. */
  id?: string;
  /** Its bytes in the file, where it is not alone there. */
  range?: readonly [offset: number, length: number];
  metadata?: Readonly<Record<string, unknown>>;
}

/** A set as its own files list it. */
export interface PictureList {
  /** Of a source, and of the files of its index. */
  name: string;
  /** What is indexed, where one folder has several: a split. */
  variant?: string;
  /** Folder that paths begin in. */
  dir: string;
  /** Files and folders that the list is made from. */
  inputs: readonly string[];
  /** Does each come with a question? Then they are questions, and a picture is listed once for each about it. */
  asks?: boolean;
  pictures(faults: FaultList): Iterable<ListedPicture> | AsyncIterable<ListedPicture>;
}

interface Header {
  state: string;
  size: number;
  hash: string;
  faults: Faults;
}

/** Of how sets are indexed. */
const VERSION = 2;
/** Written at once. */
const CHUNK = 1 << 20;

/** Opens a list through its index, made at the first time. @throws Blip2Error naming a file that cannot be read or written */
export async function openList(list: PictureList, cache = join(list.dir, 'blip2')): Promise<PictureSource> {
  const { name, variant, dir, asks } = list;
  const base = join(cache, variant === undefined ? name : `${name}-${variant}`);
  const { size, hash, faults } = await indexed(list, base);
  const lines = openSync(`${base}.jsonl`, 'r');
  const starts = openSync(`${base}.starts`, 'r');
  const reader = new PlaceReader();
  const place = (index: number): PicturePlace => {
    const bounds = new Float64Array(2);
    readSync(starts, bounds, 0, 16, index * 8);
    const line = Buffer.alloc(bounds[1] - bounds[0]);
    readSync(lines, line, 0, line.length, bounds[0]);
    const { image, range, id = image, ...texts } = JSON.parse(line.toString()) as ListedPicture;
    const { captions, question, metadata } = texts;
    return { file: join(dir, image), range, known: { id, captions, question, metadata } };
  };
  return {
    name,
    size,
    identity: { source: name, list: hash },
    parts: [{ name, start: 0, size, weight: 1, run: 1 }],
    faults,
    asks,
    id: (index) => place(index).known!.id,
    place,
    read: async (index) => reader.read(place(index)),
    async close() {
      reader.close();
      closeSync(lines);
      closeSync(starts);
    },
  };
}

async function indexed(list: PictureList, base: string): Promise<Header> {
  const state = stateOf(list);
  const path = `${base}.index.json`;
  if (existsSync(path)) {
    const known = readJsonObject(path) as unknown as Header;
    if (known.state === state) return known;
  }
  const made = await writeIndex(list, base);
  if (made.size === 0) {
    throw new Blip2Error(`${list.dir} lists no picture of ${list.name}`, {
      hint: 'docs/data.md says how its folder is laid out; `blip2 data check` what is missing.',
    });
  }
  const header = { state, ...made };
  writeFileAtomic(path, [JSON.stringify(header)]);
  return header;
}

/** @throws Blip2Error naming what is not there */
function stateOf({ inputs, variant }: PictureList): string {
  const states = inputs.map((path) => {
    try {
      const { size, mtimeMs } = statSync(path);
      return [path, size, mtimeMs];
    } catch (cause) {
      throw fileError(cause, 'read', path);
    }
  });
  return sha256(JSON.stringify([VERSION, variant ?? null, states]));
}

async function writeIndex(list: PictureList, base: string): Promise<Omit<Header, 'state'>> {
  const faults = new FaultList();
  const hash = createHash('sha256');
  const paths = ['.jsonl', '.starts'].map((extension) => base + extension);
  const partial = paths.map((path) => `${path}.${process.pid}`);
  let size = 0;
  let written = 0;
  try {
    makeFolder(join(base, '..'));
    const [lines, starts] = partial.map((path) => openSync(path, 'w'));
    let text: string[] = [];
    let pending = 0;
    let bounds: number[] = [0];
    const flush = () => {
      const bytes = Buffer.from(text.join(''));
      hash.update(bytes);
      writeAll(lines, bytes);
      writeAll(starts, new Uint8Array(Float64Array.from(bounds).buffer));
      [text, bounds, pending] = [[], [], 0];
    };
    try {
      for await (const picture of list.pictures(faults)) {
        const line = `${JSON.stringify(picture)}\n`;
        const length = Buffer.byteLength(line);
        text.push(line);
        size++;
        written += length;
        bounds.push(written);
        if ((pending += length) > CHUNK) flush();
      }
      flush();
      [lines, starts].forEach((handle) => fsyncSync(handle));
    } finally {
      [lines, starts].forEach((handle) => closeSync(handle));
    }
    partial.forEach((path, i) => renameSync(path, paths[i]));
  } catch (cause) {
    partial.forEach((path) => rmSync(path, { force: true }));
    throw fileError(cause, 'index', list.dir);
  }
  return { size, hash: hash.digest('hex'), faults };
}
