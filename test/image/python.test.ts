import { readFileSync } from 'node:fs';
import { crc32, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeImage, normalise } from '../../packages/core/src/image';

interface Fixture {
  size: number;
  files: Record<string, { file: string; pixels: string }>;
  sizes: Record<string, Record<string, number>>;
  normalised: number[];
}

const path = new URL('../fixtures/images.json.gz', import.meta.url);
const { size, files, sizes, normalised } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as Fixture;
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

test.each(Object.entries(files))('%s', async (_, { file, pixels }) => {
  const ours = await decodeImage(bytes(file), size);
  const theirs = bytes(pixels);
  const differences = [...ours].map((byte, i) => Math.abs(byte - theirs[i]));
  expect(Math.max(...differences)).toBe(0);
});

const cases = Object.entries(sizes).flatMap(([name, crcs]) =>
  Object.entries(crcs).map(([side, crc]) => ({ name, side, crc })),
);

test.each(cases)('$name at $side', async ({ name, side, crc }) => {
  expect(crc32(await decodeImage(bytes(files[name].file), Number(side)))).toBe(crc);
});

test('normalised', async () => {
  const ours = normalise(await decodeImage(bytes(files['rgb.png'].file), 8));
  ours.forEach((value, i) => expect(value).toBeCloseTo(normalised[i], 4));
});
