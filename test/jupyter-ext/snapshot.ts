/**
 * Pictures of parts of a page, compared with those in `snapshots/`, which somebody has looked at. Only parts without text
 * are compared, as fonts differ from machine to machine; the rest leaves room for another way to scale and to blend.
 * To take one anew, delete it and run the test twice.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';

/** Of 255: what counts as another colour, and which part of the picture may have one. */
const [COLOR, PART] = [24, 0.01];

/** An element that begins between two pixels, as lines of text above may make it, is one wider or higher. */
const EDGE = 1;

const sizeOf = async (png: Buffer) => {
  const { width, height } = await sharp(png).metadata();
  return [width, height];
};
const pixelsOf = (png: Buffer, [width, height]: number[]) =>
  sharp(png).extract({ left: 0, top: 0, width, height }).removeAlpha().raw().toBuffer();

/** @param png of an element's screenshot */
export async function expectSnapshot(name: string, png: Buffer): Promise<void> {
  const path = join(import.meta.dirname, 'snapshots', `${name}.png`);
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await sharp(png).png({ compressionLevel: 9, palette: true }).toBuffer());
    expect.fail(`${path} was not there. It is now: look at it, and run the test again.`);
  }
  const kept = readFileSync(path);
  const sizes = await Promise.all([png, kept].map(sizeOf));
  const size = [0, 1].map((side) => Math.min(...sizes.map((one) => one[side])));
  for (const side of [0, 1])
    expect(Math.max(...sizes.map((one) => one[side])), name).toBeLessThanOrEqual(size[side] + EDGE);
  const [found, expected] = await Promise.all([pixelsOf(png, size), pixelsOf(kept, size)]);
  let others = 0;
  for (let i = 0; i < found.length; i += 3) {
    const isOther = [0, 1, 2].some((c) => Math.abs(found[i + c] - expected[i + c]) > COLOR);
    if (isOther) others++;
  }
  expect(others / (found.length / 3), `part of ${name} that looks otherwise`).toBeLessThan(PART);
}
