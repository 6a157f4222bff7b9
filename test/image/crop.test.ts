// Training's crop: where it lies, and that what is cut out is what lies there.
import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { cropImage, randomCrop } from '../../packages/core/src/image';
import { jpegHeader } from '../../packages/core/src/image/jpegHeader';
import { resample } from '../../packages/core/src/image/resample';
import { squareCrop } from '../../packages/core/src/image/squareCrop';
import { hashInts } from '../../packages/core/src/data/random';

const randoms = (seed: number) => {
  let draws = 0;
  return () => hashInts(seed, draws++) / 2 ** 32;
};
const noise = (length: number) => Uint8Array.from({ length }, (_, i) => hashInts(i) % 256);

/** A picture whose red is its column, green its row. */
function ramp(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    data[i * 3] = Math.round(((i % width) / (width - 1)) * 255);
    data[i * 3 + 1] = Math.round((Math.floor(i / width) / (height - 1)) * 255);
  }
  return data;
}
const jpegOf = (data: Buffer, width: number, height: number) =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();

describe('a random crop', () => {
  it('has half to all of the area and a ratio of 3:4 to 4:3, anywhere', () => {
    const crops = Array.from({ length: 500 }, (_, i) => randomCrop(640, 480, randoms(i)));
    for (const { left, top, width, height } of crops) {
      expect((width * height) / (640 * 480)).toBeGreaterThan(0.49);
      expect(width / height).toBeGreaterThan(0.74);
      expect(width / height).toBeLessThan(1.35);
      expect(left + width).toBeLessThanOrEqual(640);
      expect(top + height).toBeLessThanOrEqual(480);
    }
    expect(new Set(crops.map(({ left }) => left)).size).toBeGreaterThan(80);
  });

  it('of a picture too long for any of them is its middle', () => {
    expect(randomCrop(1000, 100, randoms(0))).toEqual({ left: 433, top: 0, width: 133, height: 100 });
  });
});

describe('its pixels', () => {
  it('are PIL’s to two steps of 255, mirrored or not', () => {
    const cases: [number, number, number, number, number][] = [
      [90, 70, 60, 50, 32],
      [40, 30, 40, 30, 48],
      [33, 33, 7, 9, 30],
      [100, 160, 90, 150, 32],
    ];
    for (const [width, height, w, h, size] of cases) {
      const data = noise(width * height * 3);
      const [left, top] = [Math.min(5, width - w), Math.min(3, height - h)];
      const cut = new Uint8Array(w * h * 3);
      for (let y = 0; y < h; y++) {
        const from = ((top + y) * width + left) * 3;
        cut.set(data.subarray(from, from + w * 3), y * w * 3);
      }
      const exact = resample({ width: w, height: h, data: cut }, size);
      for (const isMirrored of [false, true]) {
        const crop = { left, top, width: w, height: h };
        const fill = (target: Buffer) => void target.set(data);
        const fast = new Uint8Array(size * size * 3);
        squareCrop({ width, height, fill }, crop, { size, isMirrored }, fast);
        let worst = 0;
        for (let i = 0; i < fast.length; i++) {
          const [pixel, c] = [Math.floor(i / 3), i % 3];
          const [y, x] = [Math.floor(pixel / size), pixel % size];
          const other = (y * size + (isMirrored ? size - 1 - x : x)) * 3 + c;
          worst = Math.max(worst, Math.abs(fast[i] - exact[other]));
        }
        expect(worst).toBeLessThanOrEqual(2);
      }
    }
  });

  it('lie where the crop does, decoded whole or at a fraction', async () => {
    // The larger is decoded at a quarter.
    for (const [width, height] of [
      [120, 90],
      [800, 600],
    ]) {
      const bytes = await jpegOf(ramp(width, height), width, height);
      for (let seed = 0; seed < 8; seed++) {
        const random = randoms(seed);
        const isMirrored = random() < 0.5;
        const crop = randomCrop(width, height, random);
        const square = await cropImage(bytes, 48, randoms(seed));
        const at = (x: number, y: number) => [...square.slice((y * 48 + x) * 3, (y * 48 + x) * 3 + 2)];
        for (const [x, y] of [
          [4, 4],
          [40, 10],
          [24, 40],
        ]) {
          const across = (crop.left + ((isMirrored ? 47 - x : x) + 0.5) * (crop.width / 48)) / width;
          const down = (crop.top + (y + 0.5) * (crop.height / 48)) / height;
          expect(Math.abs(at(x, y)[0] - across * 255)).toBeLessThan(8);
          expect(Math.abs(at(x, y)[1] - down * 255)).toBeLessThan(8);
        }
      }
    }
  });

  it('are there of grey, transparent and turned pictures, too', async () => {
    const raw = sharp(ramp(60, 40), { raw: { width: 60, height: 40, channels: 3 } });
    const files = [
      await raw.clone().greyscale().jpeg().toBuffer(),
      await raw.clone().ensureAlpha(0.5).png().toBuffer(),
      await raw.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      await raw.clone().toColourspace('cmyk').jpeg().toBuffer(),
      await raw.clone().webp().toBuffer(),
    ];
    for (const file of files) expect(await cropImage(file, 16, randoms(1))).toHaveLength(16 * 16 * 3);
    await expect(cropImage(Buffer.from('no picture'), 16, randoms(1))).rejects.toThrow();
  });
});

it('a JPEG’s header is read without decoding it', async () => {
  const bytes = await jpegOf(ramp(60, 40), 60, 40);
  expect(jpegHeader(bytes)).toEqual({ width: 60, height: 40, components: 3, hasExif: false });
  const turned = await sharp(bytes).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect(jpegHeader(turned)).toMatchObject({ hasExif: true });
  expect(jpegHeader(bytes.subarray(0, 50))).toBeUndefined();
  expect(jpegHeader(Buffer.from('\x89PNG'))).toBeUndefined();
});
