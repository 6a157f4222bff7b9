/**
 * The normaliser inside a SentencePiece model (T5's): a map from characters to what stands for them, "precompiled"
 * into a double-array trie over UTF-8 bytes. Format: sentencepiece, src/normalizer.cc and the darts-clone library;
 * how it is applied: the spm_precompiled crate, which Python's `tokenizers` uses.
 */
import { isUtf8 } from 'node:buffer';

/** Longest replacement accepted, in bytes: "ﷺ", the longest of Unicode's, has 33. */
const LONGEST = 1024;
/** Clusters of this many bytes and more are mapped character by character only. */
const LONG_CLUSTER = 6;

const PRINTABLE_ASCII = /^[ -~]*$/;
/** The segmenter's time grows with the square of a text's length: it gets pieces of this many characters. */
const PIECE = 1024;
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

export class Precompiled {
  private readonly trie: Uint32Array;
  /** Replacements, each ended by a zero byte. */
  private readonly replacements: Buffer;
  private readonly leavesAscii: boolean;

  /** @param charsmap base64 of: byte length of the trie (32 bits, little-endian), the trie, the replacements */
  constructor(charsmap: string) {
    const bytes = Buffer.from(charsmap, 'base64');
    if (bytes.toString('base64') !== charsmap) throw new Error('precompiled_charsmap is not base64');
    const units = bytes.length < 4 ? 0 : bytes.readUInt32LE(0) / 4;
    if (units < 1 || !Number.isInteger(units) || 4 + 4 * units > bytes.length) {
      throw new Error('precompiled_charsmap is shorter than its trie');
    }
    this.trie = Uint32Array.from({ length: units }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
    this.replacements = bytes.subarray(4 + 4 * units);
    if (!isUtf8(this.replacements))
      throw new Error('precompiled_charsmap has replacements that are no UTF-8');
    if (longestRun(this.replacements) > LONGEST) {
      throw new Error(`precompiled_charsmap has a replacement of more than ${LONGEST} bytes`);
    }
    this.leavesAscii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).every(
      (character) => this.replacement(character) === undefined,
    );
  }

  normalize(text: string): string {
    if (this.leavesAscii && PRINTABLE_ASCII.test(text)) return text;
    let result = '';
    for (const cluster of clusters(text)) {
      // A short cluster that begins with something mapped is replaced as a whole: odd, but the reference's way.
      const whole = Buffer.byteLength(cluster) < LONG_CLUSTER ? this.replacement(cluster) : undefined;
      if (whole !== undefined) result += whole;
      else for (const character of cluster) result += this.replacement(character) ?? character;
    }
    return result;
  }

  /** What stands for the shortest mapped beginning of a text. */
  private replacement(text: string): string | undefined {
    const { trie } = this;
    let node = offset(trie[0]);
    for (const byte of Buffer.from(text)) {
      if (byte === 0) return undefined;
      node ^= byte;
      // In a damaged file an index may lie beyond the trie: there is nothing there.
      const unit = trie[node] as number | undefined;
      if (unit === undefined || (unit & 0x8000_00ff) !== byte) return undefined;
      node ^= offset(unit);
      if (hasLeaf(unit)) return this.textAt((trie[node] ?? 0) & 0x7fff_ffff);
    }
    return undefined;
  }

  private textAt(start: number): string {
    const end = this.replacements.indexOf(0, start);
    return this.replacements.toString('utf8', start, end < 0 ? undefined : end);
  }
}

/** What people take for characters: a letter with its accents, a flag. */
function* clusters(text: string): Generator<string> {
  let size = PIECE;
  for (let start = 0; start < text.length;) {
    const found = Array.from(segmenter.segment(text.slice(start, start + size)), ({ segment }) => segment);
    // The last one may go on in the next piece.
    if (start + size < text.length) found.pop();
    if (found.length === 0) size *= 2;
    for (const cluster of found) start += cluster.length;
    yield* found;
  }
}

/** A unit's children lie at its own index XOR this. */
function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

function hasLeaf(unit: number): boolean {
  return ((unit >>> 8) & 1) === 1;
}

function longestRun(bytes: Uint8Array): number {
  let longest = 0;
  let start = 0;
  for (let i = 0; i <= bytes.length; i++) {
    if (i < bytes.length && bytes[i] !== 0) continue;
    longest = Math.max(longest, i - start);
    start = i + 1;
  }
  return longest;
}
