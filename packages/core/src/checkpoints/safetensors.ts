/**
 * The safetensors format (https://github.com/huggingface/safetensors): 8 bytes with the header's length, a JSON header
 * {name: {dtype, shape, data_offsets}}, then the tensors' bytes, little-endian, without gaps.
 * Nothing in the file is trusted: the header is checked in full before any tensor is read.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { BYTES, isDtype, toFloat32, toInt32, type SafetensorsDtype } from './dtypes';
import { fileError, writeFileAtomic } from './files';

const MAX_HEADER = 100_000_000;
const FETCH_AGAIN = 'The file is damaged or was cut short: copy or fetch it again.';

export interface TensorInfo {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte range in the file. */
  begin: number;
  end: number;
}

/** A tensor in host memory; what the writer takes. */
export interface HostTensor {
  shape: number[];
  data: Float32Array | Int32Array | Uint8Array;
}

function checkEntry(path: string, name: string, entry: unknown, dataSize: number): TensorInfo {
  const bad = (what: string, hint = FETCH_AGAIN) =>
    new Blip2Error(`${path}: tensor ${name}: ${what}`, { hint });
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const natural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isDtype(dtype)) {
    const supported = Object.keys(BYTES).join(', ');
    throw bad(
      `dtype ${JSON.stringify(dtype)} is not supported`,
      `Convert the tensor to one of ${supported}.`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(natural)) throw bad(`bad shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(natural)) {
    throw bad(`bad data_offsets ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets;
  const size = shape.reduce((product, side) => product * side, BYTES[dtype]);
  if (end - begin !== size)
    throw bad(`shape [${shape.join(', ')}] of ${dtype} takes ${size} bytes, not ${end - begin}`);
  if (end > dataSize) throw bad(`ends at byte ${end}, but the file holds only ${dataSize} bytes of data`);
  return { dtype, shape, begin, end };
}

function checkNoGaps(path: string, tensors: Map<string, TensorInfo>, dataSize: number): void {
  let at = 0;
  for (const [name, info] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (info.begin !== at) {
      const what = info.begin < at ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new Blip2Error(
        `${path}: tensor ${name}: ${what} (starts at byte ${info.begin}, expected ${at})`,
        {
          hint: FETCH_AGAIN,
        },
      );
    }
    at = info.end;
  }
  if (at !== dataSize) {
    throw new Blip2Error(`${path}: ${dataSize - at} bytes follow the last tensor`, { hint: FETCH_AGAIN });
  }
}

/** An open safetensors file: the header is in memory and checked, tensors are read one by one. */
export class SafetensorsFile {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly dataStart: number;

  /** @throws Blip2Error if the file is missing, cut short or inconsistent. */
  constructor(readonly path: string) {
    const header = this.withHandle((handle) => {
      const { size } = fstatSync(handle);
      if (size < 8)
        throw new Blip2Error(`${path}: ${size} bytes are too few for a safetensors file`, {
          hint: FETCH_AGAIN,
        });
      const length = Number(readAt(handle, path, 0, 8).readBigUInt64LE());
      if (length > MAX_HEADER || 8 + length > size) {
        const what = `the header should take ${length} bytes, the file has ${size}`;
        throw new Blip2Error(`${path}: ${what}`, {
          hint: `${FETCH_AGAIN} Or it is no safetensors file at all.`,
        });
      }
      return { text: readAt(handle, path, 8, length).toString('utf8'), length, dataSize: size - 8 - length };
    });
    this.dataStart = 8 + header.length;
    const { __metadata__: metadata, ...entries } = parseHeader(path, header.text);
    this.metadata = (metadata ?? {}) as Record<string, string>;
    const checked = Object.entries(entries).map(
      ([name, entry]) => [name, checkEntry(path, name, entry, header.dataSize)] as const,
    );
    this.tensors = new Map(checked);
    checkNoGaps(path, new Map(checked), header.dataSize);
  }

  names(): string[] {
    return [...this.tensors.keys()];
  }

  info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (!info) {
      throw new Blip2Error(`${this.path}: no tensor ${name}`, {
        hint: `It holds ${this.tensors.size} tensors, e.g. ${this.names().slice(0, 3).join(', ')}.`,
      });
    }
    return info;
  }

  /** The tensor's bytes as they are in the file. */
  bytes(name: string): Uint8Array {
    const { begin, end } = this.info(name);
    return this.withHandle((handle) =>
      readAt(handle, `${this.path}: tensor ${name}`, this.dataStart + begin, end - begin),
    );
  }

  /** Values as float32, whatever the stored dtype. */
  float32(name: string): Float32Array {
    return toFloat32(this.info(name).dtype, this.bytes(name));
  }

  /** Values as int32; an error for a float tensor. */
  int32(name: string): Int32Array {
    const { dtype } = this.info(name);
    if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') {
      throw new Blip2Error(`${this.path}: tensor ${name} is ${dtype}, not an integer tensor`);
    }
    return toInt32(dtype, this.bytes(name));
  }

  private withHandle<T>(use: (handle: number) => T): T {
    let handle: number | undefined;
    try {
      handle = openSync(this.path, 'r');
      return use(handle);
    } catch (cause) {
      throw fileError(cause, 'read', this.path);
    } finally {
      if (handle !== undefined) closeSync(handle);
    }
  }
}

function parseHeader(path: string, text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new Blip2Error(`${path}: the header is not JSON: ${(cause as Error).message}`, {
      hint: FETCH_AGAIN,
      cause,
    });
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new Blip2Error(`${path}: the header is not a JSON object`, { hint: FETCH_AGAIN });
  }
  return header as Record<string, unknown>;
}

function readAt(handle: number, what: string, position: number, length: number): Buffer {
  // Its own allocation, not Node's shared pool: typed arrays need an aligned start.
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let at = 0; at < length;) {
    const count = readSync(handle, bytes, at, Math.min(length - at, 1 << 30), position + at);
    if (count === 0) throw new Blip2Error(`${what}: the file ends too early`, { hint: FETCH_AGAIN });
    at += count;
  }
  return bytes;
}

function dtypeOf(data: HostTensor['data']): SafetensorsDtype {
  if (data instanceof Float32Array) return 'F32';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

function* fileChunks(
  tensors: [string, HostTensor][],
  metadata: Record<string, string>,
): Generator<Uint8Array> {
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  let at = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  // The format asks for padding with spaces so that the data starts at a multiple of 8.
  const length = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  json.copy(head, 8);
  yield head;
  for (const [, { data }] of tensors) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Writes tensors in the order given, whole or not at all. @throws Blip2Error naming the tensor or the file. */
export function writeSafetensors(
  path: string,
  tensors: Record<string, HostTensor>,
  metadata: Record<string, string> = {},
): void {
  const entries = Object.entries(tensors);
  for (const [name, { shape, data }] of entries) {
    const size = shape.reduce((product, side) => product * side, 1);
    if (size !== data.length) {
      throw new Blip2Error(
        `${path}: tensor ${name}: shape [${shape.join(', ')}] wants ${size} values, got ${data.length}`,
      );
    }
  }
  writeFileAtomic(path, fileChunks(entries, metadata));
}
