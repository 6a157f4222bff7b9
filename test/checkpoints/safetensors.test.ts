import { mkdirSync, mkdtempSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SafetensorsFile, writeSafetensors } from '../../packages/core/src/checkpoints';
import { type Blip2Error, HalfTensor, tf } from '../../packages/core/src/runtime';

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

  test('tensors of the device, 16-bit ones as they are, come back', () => {
    const half = HalfTensor.from(tf.tensor1d([1, -2.5, 1e-3]), 'bfloat16');
    const whole = tf.tensor2d([[1, 2]], [1, 2], 'int32');
    const flags = tf.tensor1d([true, false], 'bool');
    writeSafetensors(path('device'), { half, whole, flags, empty: tf.zeros([0, 3]) });
    const file = new SafetensorsFile(path('device'));
    expect(file.info('half')).toMatchObject({ dtype: 'BF16', shape: [3] });
    expect(Buffer.from(file.bytes('half'))).toEqual(Buffer.from(half.bytes()));
    expect([...file.int32('whole')]).toEqual([1, 2]);
    expect(file.info('flags').dtype).toBe('BOOL');
    expect([...file.int32('flags')]).toEqual([1, 0]);
    expect(file.info('empty').shape).toEqual([0, 3]);
    expect(file.float32('empty')).toHaveLength(0);
  });

  test('tensors begin at multiples of 64 bytes, as far as their sizes allow', () => {
    const tensor = (size: number) => ({ shape: [size], data: new Float32Array(size).fill(size) });
    writeSafetensors(path('aligned'), {
      a: tensor(1),
      b: tensor(16),
      c: tensor(24),
      d: tensor(160),
      e: tensor(3),
    });
    const file = new SafetensorsFile(path('aligned'));
    const offsets = Object.fromEntries(file.names().map((name) => [name, file.info(name).begin % 64]));
    expect(offsets).toEqual({ b: 0, d: 0, c: 0, a: 32, e: 36 });
    for (const name of file.names()) expect(file.float32(name)[0]).toBe(file.info(name).shape[0]);
  });

  test('names of every kind', () => {
    const scalar = { shape: [], data: Float32Array.of(1) };
    const names = ['__proto__', 'constructor', '', '0', '张量', 'a"b\\c\u0000'];
    writeSafetensors(path('names'), Object.fromEntries(names.map((name) => [name, scalar])));
    expect(new SafetensorsFile(path('names')).names().sort()).toEqual(names.sort());
  });

  test('a wrong shape is refused before anything is written', () => {
    const write = () =>
      writeSafetensors(path('wrong.safetensors'), { w: { shape: [3], data: new Float32Array(2) } });
    expect(write).toThrow(/wrong\.safetensors: tensor w: shape \[3\] wants 3 values, got 2/);
    expect(readdirSync(dir)).not.toContain('wrong.safetensors');
  });
});

test('every type but the smallest floats and complex numbers is converted', () => {
  const columns: [dtype: string, values: ArrayBufferView, float32: number[], int32?: number[]][] = [
    ['F16', Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7c00), [1, -2.5, 2 ** -24, Infinity]],
    ['BF16', Uint16Array.of(0x3f80, 0xc020), [1, -2.5]],
    ['F64', Float64Array.of(0.1, -1e300), [Math.fround(0.1), -Infinity]],
    ['BOOL', Uint8Array.of(1, 0, 0, 1), [1, 0, 0, 1], [1, 0, 0, 1]],
    ['I8', Int8Array.of(-1, 7), [-1, 7], [-1, 7]],
    ['U8', Uint8Array.of(255), [255], [255]],
    ['I16', Int16Array.of(-300), [-300], [-300]],
    ['U16', Uint16Array.of(65_535), [65_535], [65_535]],
    ['I32', Int32Array.of(-7), [-7], [-7]],
    ['U32', Uint32Array.of(2 ** 32 - 1), [2 ** 32], [-1]],
    ['I64', BigInt64Array.of(-1n, 1n << 20n), [-1, 2 ** 20], [-1, 2 ** 20]],
    ['U64', BigUint64Array.of((1n << 33n) + 5n), [2 ** 33], [5]],
    ['F8_E4M3', Uint8Array.of(1), []],
    ['C64', new Uint8Array(8), []],
  ];
  let at = 0;
  const header = columns.map(([dtype, values, float32]) => {
    const begin = at;
    at += values.byteLength;
    return [dtype, entry(dtype, [float32.length || 1], begin, at)];
  });
  const data = columns.map(([, { buffer, byteOffset, byteLength }]) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  const file = new SafetensorsFile(craft('types', Object.fromEntries(header), Buffer.concat(data)));
  for (const [dtype, , float32, int32] of columns) {
    if (float32.length) expect([...file.float32(dtype)]).toEqual(float32);
    else expect(() => file.float32(dtype)).toThrow(`types: tensor ${dtype} is ${dtype}, which is not read`);
    if (int32) expect([...file.int32(dtype)]).toEqual(int32);
    else expect(() => file.int32(dtype)).toThrow(`tensor ${dtype} is ${dtype}, which is not an integer type`);
  }
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
    [
      'beyond counting',
      () => craft('huge', { w: entry('F32', [2 ** 40, 2 ** 40, 0], 0, 0) }),
      /tensor w: shape .* takes NaN bytes, not 0/,
    ],
    ['a key twice', () => craft('twice', '{"w":{},"w":{}}'), /header gives a key twice/],
    [
      'metadata that is no text',
      () => craft('metadata', { __metadata__: { a: 1 } }),
      /__metadata__ must map/,
    ],
    ['a folder', () => (mkdirSync(path('folder')), path('folder')), /is not a file/],
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
