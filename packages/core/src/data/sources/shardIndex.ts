/**
 * Where the samples of a shard begin: made once by walking over its headers, kept in a file of 4 bytes a sample, and
 * valid as long as size and time of the shard are what they were. n samples.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileError, sha256, writeFileAtomic } from '../../checkpoints';
import { FaultList, type Faults } from './faults';
import { PICTURE } from './place';
import { keyOf, membersOf, padded, TarError } from './tar';

/** What stays in memory of a shard. */
export interface Shard {
  path: string;
  /** Number of samples. */
  count: number;
  /** Of names and places, not of pictures. */
  hash: string;
  faults: Faults;
  /** The file with the starts. */
  index: string;
}

/** Of how a shard is indexed. */
const VERSION = 1;
/** Tar counts in blocks: 4 bytes reach over 2 TiB. */
const BLOCK = 512;
/** Headers of small members (texts) lie close together: read at once. */
const READ = 4096;
const TEXT = /\.(txt|json)$/i;

/** Reads the index of a shard, or makes it. @throws Blip2Error naming a shard or an index that cannot be read or written */
export function openShard(path: string, cache: string): Shard {
  const index = join(cache, `${sha256(path).slice(0, 12)}-${basename(path)}.index`);
  try {
    const { size, mtimeMs } = statSync(path);
    const state = JSON.stringify([VERSION, size, mtimeMs]);
    const known = readHeader(index);
    if (known?.state === state) return { ...known.shard, path, index };
    const { starts, ...shard } = walk(path);
    const header = Buffer.from(JSON.stringify({ state, shard }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    writeFileAtomic(index, [length, header, new Uint8Array(starts.buffer)]);
    return { ...shard, path, index };
  } catch (cause) {
    throw fileError(cause, 'index', path);
  }
}

/** [n + 1], in blocks: sample i lies from i to i + 1. */
export function readStarts({ index, count }: Shard): Uint32Array {
  const bytes = readFileSync(index);
  const from = bytes.length - (count + 1) * 4;
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset + from, bytes.byteOffset + bytes.length));
}

type Described = Omit<Shard, 'path' | 'index'>;

function readHeader(index: string): { state: string; shard: Described } | undefined {
  try {
    const handle = openSync(index, 'r');
    try {
      const length = Buffer.alloc(4);
      readSync(handle, length, 0, 4, 0);
      const header = Buffer.alloc(length.readUInt32LE());
      readSync(handle, header, 0, header.length, 4);
      const known = JSON.parse(header.toString()) as { state: string; shard: Described };
      const whole = fstatSync(handle).size === 4 + header.length + (known.shard.count + 1) * 4;
      return whole ? known : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined; // none, or not whole: made anew
  }
}

/** Samples that have a picture and a text, as far as the shard can be read. */
function walk(path: string): Described & { starts: Uint32Array } {
  const handle = openSync(path, 'r');
  const faults = new FaultList();
  const starts: number[] = [];
  const keys: string[] = [];
  let end = 0;
  let sample: { key: string; start: number; end: number; picture: boolean; text: boolean } | undefined;
  const finish = () => {
    if (!sample) return;
    const { key, start, picture, text } = sample;
    if (picture && text) {
      starts.push(start / BLOCK);
      keys.push(key);
      end = sample.end;
    } else faults.add(picture ? 'no text' : 'no picture', `${path}: ${key}`);
    sample = undefined;
  };
  try {
    for (const { name, start, offset, size } of membersOf(readerOf(handle), fstatSync(handle).size)) {
      const key = keyOf(name);
      if (sample?.key !== key) finish();
      sample ??= { key, start, end: 0, picture: false, text: false };
      sample.end = offset + padded(size);
      sample.picture ||= PICTURE.test(name);
      sample.text ||= TEXT.test(name);
    }
    finish();
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    if (sample?.picture && sample.text) finish(); // else it is the one that was cut
    faults.add(`the shard is broken (${error.reason})`, `${path} at byte ${error.position}`);
  } finally {
    closeSync(handle);
  }
  const all = Uint32Array.from([...starts, end / BLOCK]);
  const hash = sha256(JSON.stringify(keys), new Uint8Array(all.buffer));
  return { count: starts.length, hash, faults, starts: all };
}

/** Reads a little ahead. */
function readerOf(handle: number): (position: number, length: number) => Buffer {
  let from = 0;
  let window = Buffer.alloc(0);
  return (position, length) => {
    if (position < from || position + length > from + window.length) {
      const buffer = Buffer.alloc(Math.max(READ, length));
      window = buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, position));
      from = position;
    }
    return window.subarray(position - from, position - from + length);
  };
}
