/** The members of a tar file, found by their headers alone: what lies between is not read. Threads that decode run this. */

/** A file in a tar. */
export interface Member {
  name: string;
  /** Where its first header begins. */
  start: number;
  /** Its content. */
  offset: number;
  size: number;
}

/** Bytes of the file; fewer where it ends. */
export type ReadAt = (position: number, length: number) => Buffer;

/** A tar that does not go on as one should. */
export class TarError extends Error {
  constructor(
    readonly reason: string,
    readonly position: number,
  ) {
    super(`${reason} at byte ${position}`);
  }
}

const BLOCK = 512;
/** Types of headers (POSIX's pax, GNU's long names) that speak of the next member. */
const PAX = 'x';
const LONG_NAME = 'L';
const FILES = ['0', '\0', '7'];

/** Bytes up to the next whole block. */
export const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** What samples of a shard are told apart by: the path up to the first dot of its last part (as WebDataset). */
export const keyOf = (name: string): string => /^((?:.*\/)?[^/.]*)/.exec(name)![1];

/** Plain files in order. @throws TarError where the tar is broken or cut short, after what comes before */
export function* membersOf(read: ReadAt, end: number): Generator<Member> {
  let start = 0;
  let told: { name?: string; size?: number } = {};
  for (let at = 0; at < end;) {
    const header = read(at, BLOCK);
    if (header.length < BLOCK) throw new TarError('cut short', at);
    if (header.every((byte) => byte === 0)) return;
    if (checksum(header) !== parseInt(field(header, 148, 8), 8)) throw new TarError('no tar header', at);
    const type = String.fromCharCode(header[156]);
    const size = told.size ?? numberIn(header);
    const offset = at + BLOCK;
    const next = offset + padded(size);
    if (offset + size > end) throw new TarError('cut short', at);
    if (type === PAX) told = { ...told, ...paxRecords(read(offset, size)) };
    else if (type === LONG_NAME) told.name = text(read(offset, size));
    else {
      if (FILES.includes(type)) yield { name: told.name ?? nameIn(header), start, offset, size };
      start = next;
      told = {};
    }
    at = next;
  }
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}

const field = (header: Buffer, from: number, length: number): string =>
  text(header.subarray(from, from + length));

function nameIn(header: Buffer): string {
  const prefix = field(header, 257, 5) === 'ustar' && header[262] === 0 ? field(header, 345, 155) : '';
  return (prefix && `${prefix}/`) + field(header, 0, 100);
}

/** Octal digits, or (GNU, beyond 8 GiB) binary. */
function numberIn(header: Buffer): number {
  if ((header[124] & 0x80) === 0) return parseInt(field(header, 124, 12).trim() || '0', 8);
  return Number(header.readBigUInt64BE(128));
}

function checksum(header: Buffer): number {
  let sum = 8 * 32; // its own field counts as spaces
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i];
  return sum;
}

/** Records `LENGTH key=value\n`, of which names and sizes matter. */
function paxRecords(bytes: Buffer): { name?: string; size?: number } {
  const told: { name?: string; size?: number } = {};
  for (let at = 0; at < bytes.length;) {
    const length = parseInt(bytes.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const [, key, value] = /^\d+ ([^=]*)=(.*)\n$/s.exec(bytes.toString('utf8', at, at + length)) ?? [];
    if (key === 'path') told.name = value;
    if (key === 'size') told.size = Number(value);
    at += length;
  }
  return told;
}

/** The blocks of a file to be written: header, content, padding. Names of at most 100 characters. */
export function memberBlocks(name: string, content: Uint8Array): Uint8Array[] {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write('0000644\0' + '0000000\0'.repeat(2), 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136); // no time: the same pictures make the same shard
  header.write('0ustar\x0000', 156);
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc(padded(content.length) - content.length)];
}

/** What ends a tar. */
export const endBlocks = (): Uint8Array => Buffer.alloc(2 * BLOCK);
