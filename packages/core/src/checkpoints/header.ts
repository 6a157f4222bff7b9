/**
 * The header of the safetensors format (https://github.com/huggingface/safetensors): 8 bytes with its length, then
 * JSON {name: {dtype, shape, data_offsets}}; the tensors' bytes follow, little-endian, without gaps.
 * Nothing in a file is trusted: the header is checked in full before any tensor is read.
 */
import { Blip2Error } from '../runtime';
import { byteSize, isDtype } from './dtypes';
import { parseJsonObject, type JsonObject } from './json';
import { excerpt, nameOf, refuse } from './problems';
import { FETCH_AGAIN, type ReadAt, type TensorInfo } from './tensorFile';

/** The limit of the format's own library. */
const MAX_HEADER = 100_000_000;
/** {name: {shape: […]}} */
const DEPTH = 3;

export interface Header {
  tensors: ReadonlyMap<string, TensorInfo>;
  metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks the header.
 *
 * @param path names the file in errors
 * @param size of the file, in bytes
 * @param read bytes of the file: asked for 8, then for no more than the file holds
 * @throws Blip2Error if the file is cut short or inconsistent
 */
export function readHeader(path: string, size: number, read: ReadAt): Header {
  if (size < 8) {
    throw new Blip2Error(`${path}: ${size} bytes are too few for a safetensors file`, { hint: FETCH_AGAIN });
  }
  const prefix = read(0, 8);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  if (length > MAX_HEADER || 8 + length > size) {
    throw new Blip2Error(`${path}: the header should take ${length} bytes, the file has ${size}`, {
      hint: `${FETCH_AGAIN} Or it is no safetensors file at all.`,
    });
  }
  const json = parseJsonObject(read(8, length), `${path}: the header`, DEPTH);
  const { __metadata__: metadata, ...entries } = json;
  const start = 8 + length;
  const tensors = new Map<string, TensorInfo>();
  const problems: string[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const info = checkEntry(entry, start, size);
    if (typeof info === 'string') problems.push(`tensor ${nameOf(name)}: ${info}`);
    else tensors.set(name, info);
  }
  refuse(path, problems, FETCH_AGAIN);
  checkNoGaps(path, tensors, start, size);
  return { tensors, metadata: checkMetadata(path, metadata) };
}

function checkMetadata(path: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  const isMap = typeof metadata === 'object' && !Array.isArray(metadata);
  if (!isMap || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new Blip2Error(`${path}: __metadata__ must map strings to strings`, { hint: FETCH_AGAIN });
  }
  return metadata as Record<string, string>;
}

/** The tensor's place, or what is wrong with its entry. */
function checkEntry(entry: unknown, start: number, size: number): TensorInfo | string {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as JsonObject;
  if (!isDtype(dtype)) return `dtype ${excerpt(dtype)} is not known`;
  if (!isSizes(shape)) return `bad shape ${excerpt(shape)}`;
  if (!isSizes(offsets) || offsets.length !== 2) return `bad data_offsets ${excerpt(offsets)}`;
  const [begin, end] = offsets;
  const expected = byteSize(dtype, shape);
  if (end - begin !== expected) {
    return `shape ${excerpt(shape)} of ${dtype} takes ${expected} bytes, not ${end - begin}`;
  }
  if (end > size - start) {
    return `ends at byte ${end}, but the file holds only ${size - start} bytes of data`;
  }
  return { dtype, shape, begin: start + begin, end: start + end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkNoGaps(path: string, tensors: Map<string, TensorInfo>, start: number, size: number): void {
  let at = start;
  for (const [name, info] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (info.begin !== at) {
      const what = info.begin < at ? 'overlaps the tensor before it' : 'leaves a gap before it';
      const where = `starts at byte ${info.begin - start} of the data, expected ${at - start}`;
      throw new Blip2Error(`${path}: tensor ${nameOf(name)}: ${what} (${where})`, {
        hint: FETCH_AGAIN,
      });
    }
    at = info.end;
  }
  if (at !== size) {
    throw new Blip2Error(`${path}: ${size - at} bytes follow the last tensor`, { hint: FETCH_AGAIN });
  }
}
