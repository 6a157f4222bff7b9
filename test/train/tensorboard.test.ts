import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from '../../packages/core/src/train/crc32c';
import { EventFile, scalarsRecord, versionRecord } from '../../packages/core/src/train/tensorboard';

describe('CRC-32C', () => {
  // RFC 3720, appendix B.4.
  test.each([
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0…31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31…0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['123456789', Buffer.from('123456789'), 0xe3069283],
  ])('%s', (_, bytes, expected) => expect(crc32c(bytes)).toBe(expected));
});

/** The frames of a file, their lengths and checksums verified. */
function frames(file: Buffer): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(data));
    out.push(data);
    at += 16 + length;
  }
  return out;
}

describe('event files', () => {
  // What the RecordWriter of PyPI's tensorboard 2.21.0 writes for the same Event messages.
  test('the bytes are those of tensorboard', () => {
    expect(versionRecord(1.5).toString('hex')).toBe(
      '1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c',
    );
    expect(scalarsRecord(2.25, 300, { loss: 0.5, 'rate/lr': 1e-3 }).toString('hex')).toBe(
      '2b00000000000000861bc34b09000000000000024010ac022a1d0a0b0a046c6f7373150000003f0a0e0a07726174652f6c72156f12833a85d73d70',
    );
  });

  test('a file is a version frame and one frame per step', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'blip2-events-')), 'events.out.tfevents.1');
    const events = new EventFile(path);
    events.scalars(0, { loss: 2 });
    events.scalars(1, { loss: 1 });
    events.close();
    const [version, first, second] = frames(readFileSync(path));
    expect(version.subarray(9).toString()).toContain('brain.Event:2');
    expect(first.includes('loss')).toBe(true);
    expect(second.subarray(-4).readFloatLE()).toBe(1);
  });
});
