/** Bytes one after another, of a file that is read in pieces. */
import type { ReadAt } from './tensorFile';

const PIECE = 1 << 20;

export class ByteCursor {
  private piece: Uint8Array = new Uint8Array(0);
  private pieceStart = 0;

  /**
   * @param position of the next byte
   * @param end one past the last
   * @param fail is told that the bytes ended too early
   */
  constructor(
    private readonly read: ReadAt,
    public position: number,
    readonly end: number,
    private readonly fail: (problem: string) => never,
  ) {}

  bytes(length: number): Buffer {
    const start = this.take(length);
    return Buffer.from(this.piece.buffer, this.piece.byteOffset + start, length);
  }

  byte(): number {
    const at = this.take(1);
    return this.piece[at];
  }

  /** Where the next bytes begin in the piece. */
  private take(length: number): number {
    if (length > this.end - this.position) this.fail('ends too early');
    const isThere =
      this.position >= this.pieceStart && this.position + length <= this.pieceStart + this.piece.length;
    if (!isThere) {
      this.piece = this.read(this.position, Math.min(Math.max(length, PIECE), this.end - this.position));
      this.pieceStart = this.position;
    }
    const start = this.position - this.pieceStart;
    this.position += length;
    return start;
  }

  uint16(): number {
    return this.bytes(2).readUInt16LE();
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  int32(): number {
    return this.bytes(4).readInt32LE();
  }

  /** A length in 8 bytes. */
  uint64(): number {
    return Number(this.bytes(8).readBigUInt64LE());
  }

  /** Text up to the end of a line. */
  line(longest = 1 << 16): string {
    const characters: number[] = [];
    for (let byte = this.byte(); byte !== 0x0a; byte = this.byte()) {
      if (characters.length === longest) this.fail('has a line without end');
      characters.push(byte);
    }
    return Buffer.from(characters).toString('utf8');
  }

  utf8(length: number): string {
    return this.bytes(length).toString('utf8');
  }
}
