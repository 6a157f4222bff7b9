/**
 * The header of the safetensors format (https://github.com/huggingface/safetensors): 8 bytes with its length, then
 * JSON {name: {dtype, shape, data_offsets}}; the tensors' bytes follow, little-endian, without gaps.
 * Nothing in a file is trusted: the header is checked in full before any tensor is read.
 */
import { Blip2Error } from '../runtime';
import { byteSize, DTYPES, isDtype, type SafetensorsDtype } from './dtypes';
import { parseJsonObject, type JsonObject } from './json';

/** The limit of the format's own library. */
const MAX_HEADER = 100_000_000;
/** {name: {shape: […]}} */
const DEPTH = 3;
export const FETCH_AGAIN = 'The file is damaged or was cut short: copy or fetch it again.';

export interface TensorInfo {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte range in the file. */
  begin: number;
  end: number;
}

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
export function readHeader(
  path: string,
  size: number,
  read: (position: number, length: number) => Uint8Array,
): Header {
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
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, checkEntry(path, name, entry, start, size)]),
  );
  checkNoGaps(path, tensors, start, size);
  return { tensors, metadata: checkMetadata(path, metadata) };
}

function checkMetadata(path: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (!isMap || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new Blip2Error(`${path}: __metadata__ must map strings to strings`, { hint: FETCH_AGAIN });
  }
  return metadata as Record<string, string>;
}

const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A value from the file, as far as an error shows it. */
function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function checkEntry(path: string, name: string, entry: unknown, start: number, size: number): TensorInfo {
  const bad = (what: string, hint = FETCH_AGAIN) =>
    new Blip2Error(`${path}: tensor ${excerpt(name).slice(1, -1)}: ${what}`, { hint });
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as JsonObject;
  if (!isDtype(dtype)) {
    throw bad(`dtype ${excerpt(dtype)} is not known`, `The format has ${DTYPES.join(', ')}.`);
  }
  if (!Array.isArray(shape) || !shape.every(isNatural)) throw bad(`bad shape ${excerpt(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isNatural)) {
    throw bad(`bad data_offsets ${excerpt(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = byteSize(dtype, shape);
  if (end - begin !== expected) {
    throw bad(`shape ${excerpt(shape)} of ${dtype} takes ${expected} bytes, not ${end - begin}`);
  }
  if (end > size - start) {
    throw bad(`ends at byte ${end}, but the file holds only ${size - start} bytes of data`);
  }
  return { dtype, shape: shape, begin: start + begin, end: start + end };
}

function checkNoGaps(path: string, tensors: Map<string, TensorInfo>, start: number, size: number): void {
  let at = start;
  for (const [name, info] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (info.begin !== at) {
      const what = info.begin < at ? 'overlaps the tensor before it' : 'leaves a gap before it';
      const where = `starts at byte ${info.begin - start} of the data, expected ${at - start}`;
      throw new Blip2Error(`${path}: tensor ${excerpt(name).slice(1, -1)}: ${what} (${where})`, {
        hint: FETCH_AGAIN,
      });
    }
    at = info.end;
  }
  if (at !== size) {
    throw new Blip2Error(`${path}: ${size - at} bytes follow the last tensor`, { hint: FETCH_AGAIN });
  }
}
