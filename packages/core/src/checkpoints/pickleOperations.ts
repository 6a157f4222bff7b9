/** What each operation of a pickle does: protocols 0 to 5, as far as checkpoints use them. */
import type { ByteCursor } from './byteCursor';
import type { Machine } from './pickleMachine';
import { excerpt } from './problems';

const LONGEST_NUMBER = 64;
const HIGHEST_PROTOCOL = 5;

/** Little-endian, two's complement. */
function integer(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  const value = BigInt.asIntN(
    8 * bytes.length,
    bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  );
  return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function long(machine: Machine, cursor: ByteCursor, length: number): void {
  if (length > LONGEST_NUMBER) machine.reader.fail(`has a number of ${length} bytes`);
  machine.push(integer(cursor.bytes(length)));
}

/** Numbers as text, of the first protocol; `L` at the end of Python 2's long ones. */
function decimal(machine: Machine, text: string): number {
  const value = text.trim() === '' ? NaN : Number(text.replace(/L$/, ''));
  return Number.isNaN(value) && text !== 'nan'
    ? machine.reader.fail(`has the number ${excerpt(text)}`)
    : value;
}

const copy = (bytes: Buffer): Uint8Array => Uint8Array.from(bytes);

type Operation = (machine: Machine, cursor: ByteCursor) => void;

/** By the character that Python's pickletools lists them under. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>(
  Object.entries<Operation>({
    '(': (m) => m.mark(),
    '0': (m) => void m.pop(),
    '1': (m) => void m.popMark(),
    '2': (m) => m.push(m.top()),
    N: (m) => m.push(null),
    I: (m, c) => {
      const text = c.line();
      m.push(text === '01' ? true : text === '00' ? false : decimal(m, text));
    },
    J: (m, c) => m.push(c.int32()),
    K: (m, c) => m.push(c.byte()),
    M: (m, c) => m.push(c.uint16()),
    L: (m, c) => m.push(decimal(m, c.line())),
    F: (m, c) => m.push(decimal(m, c.line())),
    G: (m, c) => m.push(c.bytes(8).readDoubleBE()),
    V: (m, c) => m.push(c.line()),
    X: (m, c) => m.push(c.utf8(c.uint32())),
    U: (m, c) => m.push(c.utf8(c.byte())),
    T: (m, c) => m.push(c.utf8(c.uint32())),
    B: (m, c) => m.push(copy(c.bytes(c.uint32()))),
    C: (m, c) => m.push(copy(c.bytes(c.byte()))),
    ')': (m) => m.push([]),
    ']': (m) => m.push([]),
    '}': (m) => m.push(new Map()),
    t: (m) => m.push(m.popMark()),
    l: (m) => m.push(m.popMark()),
    d: (m) => {
      const items = m.popMark();
      m.push(new Map());
      m.set(items);
    },
    a: (m) => m.append([m.pop()]),
    e: (m) => m.append(m.popMark()),
    s: (m) => m.set(m.popMany(2)),
    u: (m) => m.set(m.popMark()),
    c: (m, c) => m.global(c.line(), c.line()),
    R: (m) => m.call(),
    b: (m) => m.build(),
    Q: (m) => m.push(m.reader.persistent(m.pop())),
    p: (m, c) => m.memo.set(decimal(m, c.line()), m.top()),
    q: (m, c) => m.memo.set(c.byte(), m.top()),
    r: (m, c) => m.memo.set(c.uint32(), m.top()),
    g: (m, c) => m.recall(decimal(m, c.line())),
    h: (m, c) => m.recall(c.byte()),
    j: (m, c) => m.recall(c.uint32()),
    '\x80': (m, c) => {
      if (c.byte() > HIGHEST_PROTOCOL) m.reader.fail('is of a protocol that is not known');
    },
    '\x81': (m) => m.call(),
    '\x85': (m) => m.push(m.popMany(1)),
    '\x86': (m) => m.push(m.popMany(2)),
    '\x87': (m) => m.push(m.popMany(3)),
    '\x88': (m) => m.push(true),
    '\x89': (m) => m.push(false),
    '\x8a': (m, c) => long(m, c, c.byte()),
    '\x8b': (m, c) => long(m, c, c.uint32()),
    '\x8c': (m, c) => m.push(c.utf8(c.byte())),
    '\x8d': (m, c) => m.push(c.utf8(c.uint64())),
    '\x8e': (m, c) => m.push(copy(c.bytes(c.uint64()))),
    '\x93': (m) => {
      const [module, name] = m.popMany(2);
      m.global(module, name);
    },
    '\x94': (m) => m.memo.set(m.memo.size, m.top()),
    '\x95': (_, c) => void c.bytes(8),
  }).map(([character, operation]) => [character.charCodeAt(0), operation]),
);
