/** Whatever the bytes, the outcome is a Blip2Error that names the file, or tensors that lie within it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromPretrained, openModelFolder, SafetensorsFile } from '../../packages/core/src/checkpoints';
import { byteSize } from '../../packages/core/src/checkpoints/dtypes';
import { readHeader, type Header } from '../../packages/core/src/checkpoints/header';
import { Blip2Error, tf } from '../../packages/core/src/runtime';
import { hostileFile, numbers } from './hostileFiles';
import { TINY } from './tinyFamily';

const dir = mkdtempSync(join(tmpdir(), 'blip2-fuzz-'));

/** What `read` returns, or undefined where it throws an error that names `path`. */
function attempt<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Blip2Error)) throw error;
    if (!error.message.includes(path)) throw new Error(`does not name ${path}: ${error.message}`);
    if (error.message.length > 2500) throw new Error(`long: ${error.message}`);
    return undefined;
  }
}

/** Reads a header from memory; never more than there is. */
function header(bytes: Uint8Array): Header | undefined {
  let asked = 0;
  const found = attempt('fuzzed.safetensors', () =>
    readHeader('fuzzed.safetensors', bytes.length, (at, length) => {
      asked += length;
      if (asked > bytes.length) throw new Error(`asked for ${asked} of ${bytes.length} bytes`);
      return bytes.slice(at, at + length);
    }),
  );
  return found;
}

/** Every byte behind the header belongs to exactly one tensor. */
function covers({ tensors }: Header, size: number): boolean {
  const places = [...tensors.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  const touch = places.every(({ begin }, i) => i === 0 || begin === places[i - 1].end);
  const fit = places.every(({ dtype, shape, begin, end }) => end - begin === byteSize(dtype, shape));
  return touch && fit && (places.length === 0 || places.at(-1)!.end === size);
}

test('100,000 headers', () => {
  const random = numbers(12);
  const counts = { whole: 0, refused: 0 };
  for (let i = 0; i < 100_000; i++) {
    const bytes = hostileFile(random);
    const found = header(bytes);
    if (found && !covers(found, bytes.length)) throw new Error(`file ${i}: ${Buffer.from(bytes).toString()}`);
    counts[found ? 'whole' : 'refused']++;
  }
  expect(counts.whole).toBeGreaterThan(10_000);
  expect(counts.refused).toBeGreaterThan(50_000);
});

test('2,000 files, alone and in a model folder', () => {
  const random = numbers(13);
  const path = join(dir, 'model.safetensors');
  writeFileSync(join(dir, 'config.json'), '{"model_type":"tiny","vocab_size":3,"hidden_size":2}');
  const held = tf.memory().numTensors;
  for (let i = 0; i < 2000; i++) {
    writeFileSync(path, hostileFile(random));
    const file = attempt(path, () => new SafetensorsFile(path));
    for (const name of file?.names() ?? []) attempt(path, () => file!.float32(name));
    expect(attempt(dir, () => fromPretrained(dir, TINY))).toBeUndefined(); // none is that model
  }
  expect(tf.memory().numTensors).toBe(held);
});

test('nesting without end', () => {
  const bomb = Buffer.alloc(20_000_000, '[');
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(bomb.length));
  expect(() => readHeader('bomb', 8 + bomb.length, (at) => (at === 0 ? prefix : bomb))).toThrow(
    'bomb: the header nests 20000000 levels deep',
  );
  const path = join(dir, 'config.json');
  writeFileSync(path, '{"a":'.repeat(100_000) + '}'.repeat(100_000));
  expect(() => openModelFolder(dir)).toThrow(`${path} nests 100000 levels deep`);
});

describe('an index of shards', () => {
  const folder = join(dir, 'sharded');
  const path = join(folder, 'model.safetensors.index.json');
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), '{"model_type":"tiny"}');
  const index = (weightMap: unknown) => writeFileSync(path, JSON.stringify({ weight_map: weightMap }));

  test.each([
    '../../../../../../etc/passwd',
    '../outside.safetensors',
    '/etc/outside.safetensors',
    'sub/inside.safetensors',
    'C:\\model.safetensors',
    'nul\0.safetensors',
    'model.bin',
    '',
    null,
    7,
    [['model.safetensors']],
    { name: 'model.safetensors' },
  ])('refuses %j', (shard) => {
    index({ w: shard });
    expect(() => openModelFolder(folder)).toThrow(`${path}: w lies in`);
  });

  test.each([[undefined], [null], [7], ['text'], [[]]])('refuses the map %j', (map) => {
    index(map);
    expect(() => openModelFolder(folder)).toThrow(`${path} has no weight_map`);
  });

  test('1,000 damaged ones', () => {
    const random = numbers(14);
    const map = { w: 'model-00001-of-00002.safetensors', ['__proto__']: 'model-00002-of-00002.safetensors' };
    const whole = Buffer.from(JSON.stringify({ metadata: { total_size: 8 }, weight_map: map }));
    for (let i = 0; i < 1000; i++) {
      const damaged = Uint8Array.from(whole);
      for (let n = random(3); n >= 0; n--) damaged[random(whole.length)] ^= 1 << random(8);
      writeFileSync(path, damaged);
      const opened = attempt(path, () => openModelFolder(folder));
      if (opened) expect(opened.tensors.size + opened.problems.length).toBeGreaterThan(0);
    }
    rmSync(path);
  });
});
