/** What stands before and behind the entries of a zip file that is written without compression, zip64 where it must be. */

export interface ZipRecord {
  name: string;
  size: number;
  crc: number;
  /** Where its header begins. */
  at: number;
}

const [MANY16, MANY32] = [0xffff, 0xffffffff];
const [LOCAL, CENTRAL, END, END64, LOCATOR64] = [30, 46, 22, 56, 20];
const VERSION = 45; // that zip64 came with
const ZIP64 = 20; // bytes of its field with two sizes
/** An extra field of padding, under the id that PyTorch gives it. */
const PADDING_ID = 0x4246;

/** The header of an entry; its bytes begin at a multiple of `alignment`. */
export function localHeader({ name, size, crc, at }: ZipRecord, alignment: number): Buffer {
  const title = Buffer.from(name);
  const isLong = size >= MANY32;
  const fixed = LOCAL + title.length + (isLong ? ZIP64 : 0) + 4;
  const padding = (alignment - ((at + fixed) % alignment)) % alignment;
  const head = Buffer.alloc(fixed + padding);
  head.writeUInt32LE(0x04034b50, 0);
  writeCommon(head, 4, { size, crc, title: title.length, extra: fixed + padding - LOCAL - title.length });
  title.copy(head, LOCAL);
  let field = LOCAL + title.length;
  if (isLong) {
    writeField(head, field, [size, size]);
    field += ZIP64;
  }
  head.writeUInt16LE(PADDING_ID, field);
  head.writeUInt16LE(padding, field + 2);
  return head;
}

/** Lists all entries behind the last; `at` is where it begins. */
export function centralDirectory(records: readonly ZipRecord[], at: number): Buffer {
  const entries = Buffer.concat(records.map(centralRecord));
  const end = Buffer.alloc(END);
  end.writeUInt32LE(0x06054b50, 0);
  const isLong = records.length >= MANY16 || at + entries.length >= MANY32;
  const short = isLong ? [MANY16, MANY32, MANY32] : [records.length, entries.length, at];
  end.writeUInt16LE(short[0], 8);
  end.writeUInt16LE(short[0], 10);
  end.writeUInt32LE(short[1], 12);
  end.writeUInt32LE(short[2], 16);
  return Buffer.concat([entries, ...(isLong ? end64(records.length, entries.length, at) : []), end]);
}

function centralRecord({ name, size, crc, at }: ZipRecord): Buffer {
  const title = Buffer.from(name);
  const long = [...(size >= MANY32 ? [size, size] : []), ...(at >= MANY32 ? [at] : [])];
  const extra = long.length ? 4 + 8 * long.length : 0;
  const record = Buffer.alloc(CENTRAL + title.length + extra);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE(VERSION, 4);
  writeCommon(record, 6, { size, crc, title: title.length, extra });
  record.writeUInt32LE(Math.min(at, MANY32), 42);
  title.copy(record, CENTRAL);
  if (long.length) writeField(record, CENTRAL + title.length, long);
  return record;
}

/** What local and central headers have alike. */
function writeCommon(
  head: Buffer,
  from: number,
  { size, crc, title, extra }: { size: number; crc: number; title: number; extra: number },
): void {
  head.writeUInt16LE(VERSION, from);
  head.writeUInt32LE(crc, from + 10);
  head.writeUInt32LE(Math.min(size, MANY32), from + 14);
  head.writeUInt32LE(Math.min(size, MANY32), from + 18);
  head.writeUInt16LE(title, from + 22);
  head.writeUInt16LE(extra, from + 24);
}

function writeField(head: Buffer, at: number, values: readonly number[]): void {
  head.writeUInt16LE(1, at);
  head.writeUInt16LE(8 * values.length, at + 2);
  values.forEach((value, i) => head.writeBigUInt64LE(BigInt(value), at + 4 + 8 * i));
}

function end64(count: number, length: number, at: number): Buffer[] {
  const end = Buffer.alloc(END64);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(BigInt(END64 - 12), 4);
  end.writeUInt16LE(VERSION, 12);
  end.writeUInt16LE(VERSION, 14);
  [count, count, length, at].forEach((value, i) => end.writeBigUInt64LE(BigInt(value), 24 + 8 * i));
  const locator = Buffer.alloc(LOCATOR64);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + length), 8);
  locator.writeUInt32LE(1, 16);
  return [end, locator];
}
