/** Pictures that are damaged in many ways, from a seed; some stay whole. */
import sharp from 'sharp';
import type { numbers } from '../checkpoints/hostileFiles';

type Random = ReturnType<typeof numbers>;

const FORMATS = ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const;

/** Nothing that is alike, from a seed. */
function noise(width: number, height: number, channels: 1 | 3 | 4, seed = 0) {
  const data = Buffer.from(
    Array.from({ length: width * height * channels }, (_, i) => ((i + seed) * 7919) % 251),
  );
  return sharp(data, { raw: { width, height, channels } });
}

export const noisyJpeg = (width: number, height: number, seed: number): Promise<Buffer> =>
  noise(width, height, 3, seed).jpeg().toBuffer();

/** Small whole pictures in several formats, sizes and kinds of colour. */
export async function validPictures(): Promise<Buffer[]> {
  const colour = FORMATS.flatMap((format) => [
    noise(17, 9, 3).toFormat(format),
    noise(8, 31, 1).toFormat(format),
  ]);
  const others = [
    noise(12, 12, 4).png(),
    noise(12, 12, 4).png({ palette: true }),
    noise(12, 12, 3).png({ progressive: true }),
    noise(40, 24, 3).jpeg({ progressive: true }),
    noise(24, 24, 3).withMetadata({ orientation: 6 }).jpeg(),
    noise(16, 16, 3).toColourspace('cmyk').jpeg(),
    noise(16, 16, 1).toColourspace('grey16').png(),
    noise(16, 16, 4).webp({ lossless: true }),
  ];
  return Promise.all([...colour, ...others].map((image) => image.toBuffer()));
}

/** Values that sizes, lengths and offsets are set to. */
const ODD = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];

/** One file of a few kB. */
export function hostilePicture(random: Random, whole: readonly Buffer[]): Uint8Array {
  const seed = whole[random(whole.length)];
  const damaged = Buffer.from(seed);
  const place = () => (random(2) ? random(damaged.length) : random(Math.min(damaged.length, 64)));
  const kinds: (() => Uint8Array)[] = [
    () => seed,
    () => {
      for (let i = random(8); i >= 0; i--) damaged[place()] ^= 1 << random(8);
      return damaged;
    },
    () => {
      for (let i = random(4); i >= 0; i--) damaged[place()] = random(256);
      return damaged;
    },
    () => {
      const at = Math.min(place(), damaged.length - 4);
      const value = ODD[random(ODD.length)];
      if (random(2)) damaged.writeUInt32BE(value, at);
      else damaged.writeUInt32LE(value, at);
      return damaged;
    },
    () => seed.subarray(0, random(seed.length)),
    () => Buffer.concat([seed, Buffer.alloc(random(5000), random(256))]),
    () => {
      const at = random(seed.length);
      return Buffer.concat([seed.subarray(0, at), seed.subarray(Math.min(seed.length, at + 1 + random(20)))]);
    },
    () => {
      const at = random(seed.length);
      return Buffer.concat([
        seed.subarray(0, at),
        Buffer.alloc(1 + random(40), random(256)),
        seed.subarray(at),
      ]);
    },
    // The beginning of one, the end of another.
    () => {
      const other = whole[random(whole.length)];
      return Buffer.concat([seed.subarray(0, random(seed.length)), other.subarray(random(other.length))]);
    },
    () => Uint8Array.from({ length: random(300) }, () => random(256)),
  ];
  return kinds[random(kinds.length)]();
}
