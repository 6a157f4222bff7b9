/**
 * Features of a frozen tower, computed once per image and kept: in memory as one Float32Array, on disk under
 * runs/cache/, named by a hash of everything that they depend on, and checked by another when they are read. P patches, W vision width.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error, breathe } from '../runtime';
import { canonicalJson, sha256, SafetensorsFile, writeSafetensors } from '../checkpoints';
import { cacheLimit, makeRoom, touch } from './cacheFolder';

export interface FeatureOptions {
  /** Number of images. */
  count: number;
  /** Shape of one image's features, e.g. [P, W]. */
  shape: number[];
  /** Images per call of `compute`; 64 unless given. */
  batchSize?: number;
  /** Features [end − start, ...shape] of images start…end−1. */
  compute: (start: number, end: number) => Float32Array | Promise<Float32Array>;
  /** Called after each batch, and once if all came from disk. */
  onProgress?: (done: number, total: number) => void;
}

export interface FeatureCacheOptions extends FeatureOptions {
  /** Where cached features lie, e.g. `runs/cache`. */
  dir: string;
  /** Everything the features depend on: tower weights' hash, world and its options, split, layer. */
  key: Record<string, unknown>;
  /** Bytes that all files there may take; see `cacheLimit`. */
  limit?: number;
  /** Told of files that were removed to make room, and of damaged ones; standard error unless given. */
  note?: (message: string) => void;
}

export class Features {
  /** Values of one image. */
  readonly size: number;

  constructor(
    readonly data: Float32Array,
    readonly count: number,
    readonly shape: readonly number[],
  ) {
    this.size = shape.reduce((product, side) => product * side, 1);
  }

  /** Rows of the given images, row-major [indices.length, ...shape]. */
  gather(indices: ArrayLike<number>): Float32Array {
    const out = new Float32Array(indices.length * this.size);
    for (let row = 0; row < indices.length; row++) {
      out.set(this.data.subarray(indices[row] * this.size, (indices[row] + 1) * this.size), row * this.size);
    }
    return out;
  }
}

function digest(data: Float32Array): string {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Cached values, or undefined if there are none or they are not whole: then they are computed again. */
function readCache(path: string, key: string, note: (message: string) => void): Float32Array | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const file = new SafetensorsFile(path);
    const data = file.float32('features');
    if (file.metadata.key === key && file.metadata.sha256 === digest(data)) {
      touch(path);
      return data;
    }
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
  }
  note(`${path} is damaged: its features are computed again`);
  return undefined;
}

/** Computes the features in batches. */
export async function computeFeatures(options: FeatureOptions): Promise<Features> {
  const { count, shape, batchSize = 64, compute, onProgress } = options;
  const features = new Features(new Float32Array(count * shape.reduce((a, b) => a * b, 1)), count, shape);
  for (let start = 0; start < count; start += batchSize) {
    const end = Math.min(start + batchSize, count);
    features.data.set(await compute(start, end), start * features.size);
    onProgress?.(end, count);
    await breathe();
  }
  return features;
}

/**
 * Reads the features from the cache, or computes them and writes them there.
 * @throws Blip2Error, before anything is computed, if they are more than may be kept
 */
export async function cachedFeatures(options: FeatureCacheOptions): Promise<Features> {
  const {
    dir,
    count,
    shape,
    limit = cacheLimit(),
    note = (message) => console.error(message),
    onProgress,
  } = options;
  const key = canonicalJson({ ...options.key, count, shape });
  const path = join(dir, `${sha256(key).slice(0, 16)}.safetensors`);
  const cached = readCache(path, key, note);
  if (cached) {
    onProgress?.(count, count);
    return new Features(cached, count, shape);
  }
  if (existsSync(path)) rmSync(path);
  const bytes = shape.reduce((product, side) => product * side, count * Float32Array.BYTES_PER_ELEMENT);
  for (const gone of makeRoom(dir, bytes, limit)) note(`${gone} made room for other features`);
  const features = await computeFeatures(options);
  const tensor = { shape: [count, ...shape], data: features.data };
  writeSafetensors(path, { features: tensor }, { key, sha256: digest(features.data) });
  return features;
}
