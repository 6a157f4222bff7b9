/** Reading safetensors files (the format: header.ts). */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { toFloat32, toInt32 } from './dtypes';
import { fileError } from './files';
import { FETCH_AGAIN, readHeader, type Header, type TensorInfo } from './header';

/** A safetensors file: the header is in memory and checked, tensors are read one by one. */
export class SafetensorsFile {
  readonly tensors: Header['tensors'];
  readonly metadata: Header['metadata'];

  /** @throws Blip2Error if the file is missing, cut short or inconsistent. */
  constructor(readonly path: string) {
    const header = this.withHandle((handle) => {
      const { size } = fstatSync(handle);
      return readHeader(path, size, (at, length) => readAt(handle, path, at, length));
    });
    this.tensors = header.tensors;
    this.metadata = header.metadata;
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
    return this.withHandle((handle) => readAt(handle, `${this.path}: tensor ${name}`, begin, end - begin));
  }

  /** Values as float32, whatever the stored dtype. @throws Blip2Error for a dtype that is not read. */
  float32(name: string): Float32Array {
    return toFloat32(this.info(name).dtype, this.bytes(name)) ?? this.unread(name, 'is not read');
  }

  /** Values as int32; an error for a float tensor. */
  int32(name: string): Int32Array {
    return toInt32(this.info(name).dtype, this.bytes(name)) ?? this.unread(name, 'is not an integer type');
  }

  private unread(name: string, why: string): never {
    throw new Blip2Error(`${this.path}: tensor ${name} is ${this.info(name).dtype}, which ${why}`, {
      hint: 'Convert the tensor, with Python for instance.',
    });
  }

  private withHandle<T>(use: (handle: number) => T): T {
    let handle: number | undefined;
    try {
      // To open a pipe would wait for ever.
      if (!statSync(this.path).isFile())
        throw new Blip2Error(`${this.path} is not a file`, { hint: FETCH_AGAIN });
      handle = openSync(this.path, 'r');
      return use(handle);
    } catch (cause) {
      throw fileError(cause, 'read', this.path);
    } finally {
      if (handle !== undefined) closeSync(handle);
    }
  }
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
