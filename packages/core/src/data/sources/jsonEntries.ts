/**
 * Lists too long for one string: JSON element by element. Where a bracket or a quote is lost, what comes after it seems to
 * belong to the broken element: then reading goes on where the next one begins.
 */
import type { FaultList } from './faults';
import { chunksOf } from './text';

const [QUOTE, BACKSLASH, COMMA, COLON, LIST_END] = Buffer.from('"\\,:]');
const OPENING = new Set(Buffer.from('[{'));
const CLOSING = new Set(Buffer.from(']}'));
const SPACE = new Set(Buffer.from(' \t\r\n'));

/** An element of a list, and which of them, from 0 on. */
interface Entry {
  number: number;
  value: unknown;
}

/** Elements of such a list, as `jsonEntries`. */
export function* jsonElements(path: string, faults: FaultList, key?: string): Generator<unknown> {
  for (const { value } of jsonEntries(path, faults, key)) yield value;
}

/**
 * Entries of the list that a file is, or that its object has under `key`. One that is not JSON is a fault, and so is an
 * end before the list's own.
 */
export function jsonEntries(path: string, faults: FaultList, key?: string): Generator<Entry> {
  return new EntryReader(path, faults, key).entries();
}

class EntryReader {
  private count = 0;
  /** What entries begin with: `{"image_id"`. */
  private head: string | undefined;
  /** Was the list found? */
  private isFound: boolean;
  /** Of the list's elements. */
  private readonly level: number;

  constructor(
    private readonly path: string,
    private readonly faults: FaultList,
    private readonly key: string | undefined,
  ) {
    this.isFound = key === undefined;
    this.level = key === undefined ? 1 : 2;
  }

  *entries(): Generator<Entry> {
    const { path, key, faults } = this;
    let rest = yield* this.scan(chunksOf(path), 0);
    if (!this.isFound) {
      // A list before it may be broken, so that its beginning was not seen.
      const start = listStart(path, key!);
      if (start < 0) return faults.add(`no list "${key}"`, path);
      rest = yield* this.scan(chunksOf(path, start), this.level);
    }
    rest = rest && (yield* this.beyond(rest));
    if (!rest) return;
    yield* this.whole(rest);
    faults.add('the file is cut short', path);
  }

  /**
   * Entries up to the list's end.
   * @param depth that the text begins at: 0, or the list's
   * @returns what the text ends with where it ends before the list: an element, which may have swallowed others
   */
  private *scan(chunks: Iterable<Buffer>, depth: number): Generator<Entry, Buffer | undefined> {
    const { key, level } = this;
    let isOpen = key === undefined || depth === level; // the list that is wanted is being read
    let isText = false;
    let isEscaped = false;
    let pieces: Buffer[] = [];
    for (const chunk of chunks) {
      let from = 0;
      const collected = (end: number) => Buffer.concat([...pieces, chunk.subarray(from, end)]);
      for (let i = 0; i < chunk.length; i++) {
        const byte = chunk[i];
        if (isText) {
          if (isEscaped) isEscaped = false;
          else if (byte === BACKSLASH) isEscaped = true;
          else if (byte === QUOTE) isText = false;
          continue;
        }
        const isClosing = CLOSING.has(byte);
        if (byte === QUOTE) isText = true;
        else if (OPENING.has(byte)) {
          if (++depth <= level) [pieces, from] = [[], i + 1];
        } else if (byte === COLON && depth === 1 && key !== undefined) {
          isOpen = collected(i).toString().trim() === JSON.stringify(key);
          this.isFound ||= isOpen;
        } else if (isClosing || byte === COMMA) {
          if (depth === level && isOpen) {
            if (isClosing && byte !== LIST_END) continue; // a bracket too many
            const isEnd = yield* this.element(collected(i));
            if (isEnd || isClosing) return undefined;
          }
          if (isClosing) depth--;
          if (depth < level || (depth === level && !isClosing)) [pieces, from] = [[], i + 1];
        }
      }
      pieces.push(chunk.subarray(from));
    }
    return isOpen && depth > 0 ? Buffer.concat(pieces) : undefined;
  }

  /** @returns whether it has swallowed the list's end */
  private *element(bytes: Buffer): Generator<Entry, boolean> {
    if (bytes.every((byte) => SPACE.has(byte))) return false;
    this.head ??= headOf(bytes);
    if (yield* this.whole(bytes)) return false;
    const last = yield* this.beyond(bytes);
    if (!last) return true;
    if (!(yield* this.whole(last))) this.addBroken();
    return false;
  }

  /** @returns whether it is one */
  private *whole(bytes: Buffer): Generator<Entry, boolean> {
    const value = parse(bytes);
    if (value === undefined) return false;
    yield { number: this.count++, value };
    return true;
  }

  /** Entries that a broken one has swallowed. @returns the last of them, or it, if the text ends in that */
  private *beyond(broken: Buffer): Generator<Entry, Buffer | undefined> {
    let rest: Buffer | undefined = broken;
    while (rest && parse(rest) === undefined) {
      const next = this.following(rest);
      if (!next) break;
      this.addBroken();
      rest = yield* this.scan([next], this.level);
    }
    return rest;
  }

  /** From where the next entry begins, if one does. */
  private following(bytes: Buffer): Buffer | undefined {
    this.head ??= headOf(bytes);
    const start = bytes.findIndex((byte) => !SPACE.has(byte));
    const at = this.head === undefined ? -1 : bytes.indexOf(this.head, start + 1);
    return at < 0 ? undefined : bytes.subarray(at);
  }

  private addBroken(): void {
    this.faults.add('not JSON', `${this.path} entry ${this.count++}`);
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Its bracket and its first key. */
const headOf = (bytes: Buffer): string | undefined =>
  /^\s*(\{\s*"[^"\\]*")/.exec(bytes.toString('utf8', 0, 256))?.[1];

/** Of a key's place, where it is cut in two by the end of a chunk. */
const OVERLAP = 256;

/** One past the bracket of the list under a key, wherever in the file it stands; −1 if there is none. */
function listStart(path: string, key: string): number {
  const pattern = new RegExp(`"${key}"\\s*:\\s*\\[`);
  let [before, read] = ['', 0];
  for (const chunk of chunksOf(path)) {
    const text = before + chunk.toString('latin1');
    const match = pattern.exec(text);
    if (match) return read - before.length + match.index + match[0].length;
    read += chunk.length;
    before = text.slice(-OVERLAP);
  }
  return -1;
}
