/**
 * Pictures decoded once: RGB bytes of one size in a file, one picture after the other, so that a training step reads
 * what it needs without decoding anything. Beside it lies a JSON file that says which pictures these are.
 * S side of a picture.
 */
import { closeSync, existsSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { Blip2Error, breathe } from '../../runtime';
import { decodeImage } from '../../image';
import {
  fileError,
  makeFolder,
  readJsonObject,
  sha256,
  sha256File,
  writeFileAtomic,
} from '../../checkpoints';

export interface Pack {
  /** SHA-256 of all pixels. */
  hash: string;
  /** S·S·3 bytes of a picture, by its place in the list that was packed. */
  pixels(index: number): Uint8Array;
}

interface PackFiles {
  /** Folder of the pictures. */
  dir: string;
  /** Where packs lie. */
  cache: string;
  images: readonly string[];
  imageSize: number;
}

interface PackOptions extends PackFiles {
  onProgress?: (done: number, total: number) => void;
}

/** Decodes what is not packed yet. @throws Blip2Error naming a picture that is missing or cannot be decoded */
export async function packPictures({ onProgress, ...files }: PackOptions): Promise<void> {
  if (openPack(files)) return;
  const { dir, cache, images, imageSize } = files;
  const { pixels, index } = pathsOf(files);
  makeFolder(cache);
  const partial = `${pixels}.${process.pid}`;
  const state = stateOf(files);
  const handle = openSync(partial, 'w');
  try {
    const together = availableParallelism();
    for (let start = 0; start < images.length; start += together) {
      const some = images.slice(start, start + together);
      for (const picture of await Promise.all(some.map((name) => decodeImage(join(dir, name), imageSize)))) {
        writeSync(handle, picture);
      }
      onProgress?.(start + some.length, images.length);
      await breathe();
    }
  } finally {
    closeSync(handle);
  }
  const hash = sha256File(partial);
  renameSync(partial, pixels);
  writeFileAtomic(index, [JSON.stringify({ state, hash })]);
}

/**
 * The pack, unless there is none of these pictures as they are now.
 * @throws Blip2Error naming a picture that is missing
 */
export function openPack(files: PackFiles): Pack | undefined {
  const { pixels: path, index } = pathsOf(files);
  const state = stateOf(files);
  if (!existsSync(index) || !existsSync(path)) return undefined;
  const record = readJsonObject(index);
  const size = files.imageSize ** 2 * 3;
  if (record.state !== state || statSync(path).size !== size * files.images.length) return undefined;
  const handle = openSync(path, 'r');
  return {
    hash: record.hash as string,
    pixels(place) {
      const bytes = new Uint8Array(size);
      readSync(handle, bytes, 0, size, place * size);
      return bytes;
    },
  };
}

function pathsOf({ cache, imageSize }: PackFiles): Record<'pixels' | 'index', string> {
  const pixels = join(cache, `pixels-${imageSize}.rgb`);
  return { pixels, index: `${pixels}.json` };
}

/** Of how files become pixels: 2 since they are resized as PIL does. */
const VERSION = 2;

/** Which pictures, in which order, and what changes when one of their files does. */
function stateOf({ dir, images }: PackFiles): string {
  const states = images.map((name) => {
    const path = join(dir, name);
    try {
      const { size, mtimeMs } = statSync(path);
      return [name, size, mtimeMs];
    } catch (cause) {
      throw new Blip2Error(fileError(cause, 'read', path).message, {
        hint: 'captions.jsonl names it: give the path from its folder on, or leave its lines out.',
        cause,
      });
    }
  });
  return sha256(JSON.stringify([VERSION, states]));
}
