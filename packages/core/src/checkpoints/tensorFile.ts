/** A file of named tensors, whatever its format: headers are in memory and checked, tensors are read one by one. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Blip2Error } from '../runtime';
import { toFloat32, toInt32, byteSize, type SafetensorsDtype } from './dtypes';
import { fileError } from './files';
import { gather } from './strides';

export const FETCH_AGAIN = 'The file is damaged or was cut short: copy or fetch it again.';

/** Where a tensor lies in its file, and as what. */
export interface TensorInfo {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Byte range in the file. */
  begin: number;
  end: number;
  /** Elements from one index to the next, where the tensor does not lie row by row without gaps. */
  strides?: number[];
}

/** Bytes of a file: asked for no more than the file holds. */
export type ReadAt = (position: number, length: number) => Uint8Array;

/** A file of tensors: SafetensorsFile, PytorchFile. */
export abstract class TensorFile {
  abstract readonly tensors: ReadonlyMap<string, TensorInfo>;

  constructor(readonly path: string) {}

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

  /** The tensor's values row by row, as bytes. */
  bytes(name: string): Uint8Array {
    const info = this.info(name);
    const { begin, end, strides, shape, dtype } = info;
    const read = openFile(this.path, (at) => at(begin, end - begin, `tensor ${name}`));
    return strides ? gather(read, shape, strides, byteSize(dtype, [1])) : read;
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
}

/** Opens a file for as long as `use` reads in it. @throws Blip2Error naming the file */
export function openFile<T>(
  path: string,
  use: (read: (position: number, length: number, what?: string) => Buffer, size: number) => T,
): T {
  let handle: number | undefined;
  try {
    // To open a pipe would wait for ever.
    if (!statSync(path).isFile()) throw new Blip2Error(`${path} is not a file`, { hint: FETCH_AGAIN });
    const opened = (handle = openSync(path, 'r'));
    const read = (position: number, length: number, what?: string) =>
      readAt(opened, what ? `${path}: ${what}` : path, position, length);
    return use(read, fstatSync(opened).size);
  } catch (cause) {
    throw fileError(cause, 'read', path);
  } finally {
    if (handle !== undefined) closeSync(handle);
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
