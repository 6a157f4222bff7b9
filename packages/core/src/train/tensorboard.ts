/**
 * TensorBoard event files: TFRecord frames (length, masked CRC, data, masked CRC), each holding an `Event` message
 * (tensorflow/core/util/event.proto), of which only these fields are written:
 *   Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5 }
 *   Summary { repeated Value value = 1 }    Value { string tag = 1; float simple_value = 2 }
 */
import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError, makeFolder, writeAll } from '../checkpoints';
import { maskedCrc32c } from './crc32c';

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push((value % 128) | 128);
    value = Math.floor(value / 128);
  }
  return Buffer.from([...bytes, value]);
}

const tag = (field: number, wire: number) => varint(field * 8 + wire);

function float64(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, FIXED64), bytes]);
}

function float32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, FIXED32), bytes]);
}

function block(field: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([tag(field, BYTES), varint(bytes.length), bytes]);
}

function frame(data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length));
  head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc32c(data));
  return Buffer.concat([head, data, tail]);
}

/** The frame that an event file starts with. */
export function versionRecord(wallTime: number): Buffer {
  return frame(Buffer.concat([float64(1, wallTime), block(3, 'brain.Event:2')]));
}

/** One step's scalars as a frame. @param wallTime seconds since 1970 */
export function scalarsRecord(wallTime: number, step: number, scalars: Record<string, number>): Buffer {
  const values = Object.entries(scalars).map(([name, value]) =>
    block(1, Buffer.concat([block(1, name), float32(2, value)])),
  );
  const head = Buffer.concat([float64(1, wallTime), tag(2, VARINT), varint(step)]);
  return frame(Buffer.concat([head, block(5, Buffer.concat(values))]));
}

/** An event file that scalars are appended to. */
export class EventFile {
  private readonly handle: number;

  constructor(private readonly path: string) {
    try {
      makeFolder(dirname(path));
      this.handle = openSync(path, 'w');
    } catch (cause) {
      throw fileError(cause, 'write', path);
    }
    this.write(versionRecord(Date.now() / 1000));
  }

  scalars(step: number, scalars: Record<string, number>, wallTime: number = Date.now() / 1000): void {
    this.write(scalarsRecord(wallTime, step, scalars));
  }

  close(): void {
    closeSync(this.handle);
  }

  private write(bytes: Buffer): void {
    try {
      writeAll(this.handle, bytes);
    } catch (cause) {
      throw fileError(cause, 'write', this.path);
    }
  }
}
