import { mkdtempSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../packages/core/src/checkpoints';
import { Blip2Error } from '../../packages/core/src/runtime';

const dir = mkdtempSync(join(tmpdir(), 'blip2-safetensors-'));
const path = (name: string) => join(dir, name);

/** A file from a header object (or text) and its data bytes. */
function craft(name: string, header: unknown, data: Uint8Array = new Uint8Array()): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(path(name), Buffer.concat([length, json, data]));
  return path(name);
}

const entry = (dtype: string, shape: number[], begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const bytesOf = (array: Uint16Array | BigInt64Array) => new Uint8Array(array.buffer);

describe('round trip', () => {
  test('values, shapes and metadata come back', () => {
    const weights = { shape: [2, 3], data: Float32Array.from([1, -2.5, 3e-38, Infinity, NaN, 0]) };
    writeSafetensors(
      path('a.safetensors'),
      { w: weights, scalar: { shape: [], data: Int32Array.of(-7) } },
      { format: 'pt' },
    );
    const file = new SafetensorsFile(path('a.safetensors'));
    expect(file.names()).toEqual(['w', 'scalar']);
    expect(file.info('w').shape).toEqual([2, 3]);
    expect(file.float32('w')).toEqual(weights.data);
    expect([...file.int32('scalar')]).toEqual([-7]);
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(readdirSync(dir)).toEqual(['a.safetensors']);
  });

  test('a wrong shape is refused before anything is written', () => {
    const write = () =>
      writeSafetensors(path('wrong.safetensors'), { w: { shape: [3], data: new Float32Array(2) } });
    expect(write).toThrow(/wrong\.safetensors: tensor w: shape \[3\] wants 3 values, got 2/);
    expect(readdirSync(dir)).not.toContain('wrong.safetensors');
  });
});

test('16-bit, 64-bit and boolean tensors are converted', () => {
  const half = bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7c00)); // 1, -2.5, 2^-24, ∞
  const brain = bytesOf(Uint16Array.of(0x3f80, 0xc020)); // 1, -2.5
  const long = bytesOf(BigInt64Array.of(-1n, 1n << 20n));
  const header = {
    half: entry('F16', [4], 0, 8),
    brain: entry('BF16', [2], 8, 12),
    bool: entry('BOOL', [4], 12, 16),
    long: entry('I64', [2], 16, 32),
  };
  const file = new SafetensorsFile(
    craft('types', header, Buffer.concat([half, brain, Uint8Array.of(1, 0, 0, 1), long])),
  );
  expect([...file.float32('half')]).toEqual([1, -2.5, 2 ** -24, Infinity]);
  expect([...file.float32('brain')]).toEqual([1, -2.5]);
  expect([...file.int32('bool')]).toEqual([1, 0, 0, 1]);
  expect([...file.int32('long')]).toEqual([-1, 1 << 20]);
  expect(() => file.int32('half')).toThrow(/half is F16, which is not an integer/);
});

describe('a damaged file names itself, the tensor and the remedy', () => {
  const good = { w: entry('F32', [2], 0, 8) };
  const cases: [string, () => string, RegExp][] = [
    ['missing', () => path('missing'), /Cannot read .*missing/],
    ['empty', () => craft('empty', '').replace(/.*/, (p) => (truncateSync(p, 3), p)), /3 bytes are too few/],
    [
      'no safetensors',
      () => (writeFileSync(path('text'), 'hello, this is text'), path('text')),
      /header should take/,
    ],
    ['not JSON', () => craft('not-json', '{"w": '), /header is not JSON/],
    ['not an object', () => craft('list', '[1]'), /not a JSON object/],
    [
      'unknown dtype',
      () => craft('dtype', { w: entry('F7', [2], 0, 2) }, new Uint8Array(2)),
      /tensor w: dtype "F7"/,
    ],
    [
      'negative shape',
      () => craft('shape', { w: entry('F32', [-2], 0, 8) }, new Uint8Array(8)),
      /tensor w: bad shape/,
    ],
    [
      'wrong size',
      () => craft('size', { w: entry('F32', [3], 0, 8) }, new Uint8Array(8)),
      /takes 12 bytes, not 8/,
    ],
    ['truncated', () => craft('short', good, new Uint8Array(5)), /tensor w: ends at byte 8, but .* 5 bytes/],
    ['trailing bytes', () => craft('long', good, new Uint8Array(9)), /1 bytes follow/],
    [
      'overlap',
      () => craft('overlap', { ...good, v: entry('F32', [2], 4, 12) }, new Uint8Array(12)),
      /tensor v: overlaps/,
    ],
    [
      'gap',
      () => craft('gap', { ...good, v: entry('F32', [1], 12, 16) }, new Uint8Array(16)),
      /tensor v: leaves a gap/,
    ],
    ['null entry', () => craft('null', { w: null }), /tensor w: dtype/],
  ];
  test.each(cases)('%s', (_, make, message) => {
    const file = make();
    expect(() => new SafetensorsFile(file)).toThrow(message);
    expect(() => new SafetensorsFile(file)).toThrow(file);
    try {
      new SafetensorsFile(file);
    } catch (error) {
      expect((error as Blip2Error).hint).toBeTruthy();
    }
  });

  test('a file cut short after it was opened', () => {
    writeSafetensors(path('cut'), { w: { shape: [100], data: new Float32Array(100) } });
    const file = new SafetensorsFile(path('cut'));
    truncateSync(path('cut'), 200);
    expect(() => file.float32('w')).toThrow(/tensor w: the file ends too early/);
  });

  test('an unknown tensor', () => {
    writeSafetensors(path('known'), { w: { shape: [1], data: new Float32Array(1) } });
    expect(() => new SafetensorsFile(path('known')).float32('v')).toThrow(/known: no tensor v/);
  });
});

describe('fuzz: whatever the bytes, the outcome is a Blip2Error or a whole file', () => {
  let state = 12345;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const attempt = (bytes: Uint8Array) => {
    writeFileSync(path('fuzz'), bytes);
    try {
      const file = new SafetensorsFile(path('fuzz'));
      for (const name of file.names()) file.float32(name);
      return 'whole';
    } catch (error) {
      if (!(error instanceof Blip2Error)) throw error;
      return 'refused';
    }
  };

  test('random bytes', () => {
    for (let i = 0; i < 300; i++) attempt(Uint8Array.from({ length: random(200) }, () => random(256)));
  });

  test('random truncations are always refused', () => {
    writeSafetensors(path('whole'), {
      a: { shape: [5, 3], data: new Float32Array(15) },
      b: { shape: [7], data: new Int32Array(7) },
    });
    const whole = readFileSync(path('whole'));
    expect(attempt(whole)).toBe('whole');
    for (let i = 0; i < 200; i++) expect(attempt(whole.subarray(0, random(whole.length)))).toBe('refused');
  });

  test('random bit flips', () => {
    const whole = readFileSync(path('whole'));
    for (let i = 0; i < 500; i++) {
      const flipped = Uint8Array.from(whole);
      flipped[random(whole.length)] ^= 1 << random(8);
      attempt(flipped);
    }
  });
});
