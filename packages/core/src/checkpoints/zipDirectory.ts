/**
 * The directory of a zip file, zip64 included, read by random access (PKWARE's APPNOTE; PyTorch stores its entries
 * without compression, so that an entry is a range of the file). Nothing in a file is trusted.
 */
import { Blip2Error } from '../runtime';
import { excerpt } from './problems';
import { FETCH_AGAIN, type ReadAt } from './tensorFile';

/** An entry's bytes in the file. */
export interface ZipEntry {
  begin: number;
  size: number;
  /** Neither compressed nor encrypted. */
  isPlain: boolean;
}

const END = { signature: 0x06054b50, size: 22, longestComment: 0xffff };
const END64_LOCATOR = { signature: 0x07064b50, size: 20 };
const END64 = { signature: 0x06064b50, size: 56 };
const CENTRAL = { signature: 0x02014b50, size: 46 };
const LOCAL = { signature: 0x04034b50, size: 30 };
/** Where a zip64 extra field has the value. */
const [MANY16, MANY32] = [0xffff, 0xffffffff];
const ZIP64_FIELD = 1;
/** The largest published checkpoints have some thousand entries of about a hundred bytes. */
const LARGEST_DIRECTORY = 64 * 2 ** 20;

interface Directory {
  begin: number;
  size: number;
  count: number;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

/**
 * The entries of a zip file by name.
 *
 * @param path names the file in errors
 * @throws Blip2Error if it is no zip file, cut short or inconsistent
 */
export function readZipDirectory(path: string, size: number, read: ReadAt): Map<string, ZipEntry> {
  const bad = (problem: string): never => {
    throw new Blip2Error(`${path}: ${problem}`, { hint: FETCH_AGAIN });
  };
  const { begin, size: length, count } = findDirectory(size, read, bad);
  if (begin + length > size || length > LARGEST_DIRECTORY || count * CENTRAL.size > length) {
    bad(`a zip directory of ${count} entries in ${length} bytes at ${begin} does not fit a file of ${size}`);
  }
  const bytes = read(begin, length);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  for (let at = 0, i = 0; i < count; i++) {
    if (at + CENTRAL.size > length || view.getUint32(at, true) !== CENTRAL.signature) {
      bad(`entry ${i} of its zip directory is damaged`);
    }
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const next = at + CENTRAL.size + nameLength + extraLength + commentLength;
    if (next > length) bad(`entry ${i} of its zip directory is cut short`);
    const start = at + CENTRAL.size;
    const name = Buffer.from(bytes.subarray(start, start + nameLength)).toString('utf8');
    const extra = bytes.subarray(start + nameLength, start + nameLength + extraLength);
    const what = `entry ${excerpt(name)}`;
    if (entries.has(name)) bad(`${what} is there twice`);
    entries.set(name, locate(view, at, extra, { what, size: begin, read, bad }));
    at = next;
  }
  return entries;
}

type Bad = (problem: string) => never;

function findDirectory(size: number, read: ReadAt, bad: Bad): Directory {
  const tail = Math.min(size, END.size + END.longestComment);
  const from = size - tail;
  const view = viewOf(read(from, tail));
  for (let at = tail - END.size; at >= 0; at--) {
    if (view.getUint32(at, true) !== END.signature) continue;
    const count = view.getUint16(at + 10, true);
    const [length, begin] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    if (count !== MANY16 && length !== MANY32 && begin !== MANY32) return { begin, size: length, count };
    return findDirectory64(size, from + at - END64_LOCATOR.size, read, bad);
  }
  return bad('is cut short: it begins as a zip file, but has no directory at its end');
}

function findDirectory64(size: number, locator: number, read: ReadAt, bad: Bad): Directory {
  if (locator < 0) return bad('the end of its zip directory is damaged');
  const found = viewOf(read(locator, END64_LOCATOR.size));
  const at = Number(found.getBigUint64(8, true));
  const isThere = found.getUint32(0, true) === END64_LOCATOR.signature && at + END64.size <= size;
  if (!isThere) return bad('the end of its zip64 directory is damaged');
  const end = viewOf(read(at, END64.size));
  if (end.getUint32(0, true) !== END64.signature) return bad('the end of its zip64 directory is damaged');
  const [count, length, begin] = [32, 40, 48].map((field) => Number(end.getBigUint64(field, true)));
  return { begin, size: length, count };
}

interface Place {
  what: string;
  /** Entries lie before this. */
  size: number;
  read: ReadAt;
  bad: Bad;
}

function locate(view: DataView, at: number, extra: Uint8Array, { what, size, read, bad }: Place): ZipEntry {
  const short = [24, 20, 42].map((field) => view.getUint32(at + field, true));
  const [length, stored, header] = zip64(short, extra) ?? bad(`${what} has a damaged size`);
  const isPlain = view.getUint16(at + 8, true) % 2 === 0 && view.getUint16(at + 10, true) === 0;
  const isInside = header + LOCAL.size <= size && (!isPlain || length === stored);
  if (!isInside) return bad(`${what} does not lie within the file`);
  const local = viewOf(read(header, LOCAL.size));
  if (local.getUint32(0, true) !== LOCAL.signature) return bad(`${what} has a damaged header`);
  const begin = header + LOCAL.size + local.getUint16(26, true) + local.getUint16(28, true);
  if (begin + stored > size) return bad(`${what} does not lie within the file`);
  return { begin, size: length, isPlain };
}

/** The values, those that are all ones replaced by the zip64 field's, which has just these in this order. */
function zip64(short: number[], extra: Uint8Array): number[] | undefined {
  if (!short.includes(MANY32)) return short;
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== ZIP64_FIELD) continue;
    const end = Math.min(at + 4 + view.getUint16(at + 2, true), extra.length);
    let next = at + 4;
    const long = short.map((value) => {
      if (value !== MANY32) return value;
      next += 8;
      return next <= end ? Number(view.getBigUint64(next - 8, true)) : NaN;
    });
    return long.every(Number.isSafeInteger) ? long : undefined;
  }
  return undefined;
}
