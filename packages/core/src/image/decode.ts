/** Pictures from anywhere (path, file bytes, raw pixels) to RGB bytes, the same as Python's. */
import { existsSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
// Not by the folder's index, which would load TensorFlow: threads that decode run this.
// eslint-disable-next-line no-restricted-imports
import { Blip2Error } from '../runtime/errors';
import { resample } from './resample';

/** Python ignores colour profiles. */
const OPTIONS = { ignoreIcc: true };

/** Raw pixels, row-major, 3 (RGB) or 4 (RGBA) bytes each. */
export interface RawImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A path, the bytes of a PNG/JPEG/WebP… file, or raw pixels. */
export type ImageSource = string | Uint8Array | RawImage;

/** @throws Blip2Error if there is no such file, or pixels do not fit their size */
function openImage(source: ImageSource): Sharp {
  if (typeof source === 'string') {
    if (!existsSync(source)) {
      throw new Blip2Error(`No image at ${source}`, {
        hint: 'Give the path of a PNG, JPEG, WebP or GIF file.',
      });
    }
    return sharp(source, OPTIONS);
  }
  if (source instanceof Uint8Array) return sharp(source, OPTIONS);
  const { width, height, data } = source;
  const channels = data.length / (width * height);
  if (channels !== 3 && channels !== 4) {
    throw new Blip2Error(
      `${width}×${height} pixels need ${width * height * 3} (RGB) or ${width * height * 4} (RGBA) bytes, got ${data.length}`,
    );
  }
  return sharp(data, { raw: { width, height, channels } });
}

/**
 * Decodes to RGB as transformers' `load_image` does, with PIL: turned as EXIF says, of an animation the first frame, alpha
 * dropped and not blended, colour profiles ignored.
 * @throws Blip2Error naming the image if it cannot be decoded
 */
export async function decodePixels(source: ImageSource): Promise<RawImage> {
  const image = openImage(source);
  try {
    const { space, channels } = await image.metadata();
    image.autoOrient();
    if (space === 'cmyk') {
      return rgbOf(await rawPixels(image.pipelineColourspace('cmyk').toColourspace('cmyk')), cmykToRgb);
    }
    if (space === 'grey16' && channels === 1) {
      return rgbOf(await rawPixels(image.toColourspace('grey16'), 'ushort'), clippedGreyToRgb);
    }
    return await rawPixels(image.toColourspace('srgb').removeAlpha());
  } catch (cause) {
    const name = typeof source === 'string' ? source : 'The image given as bytes';
    // Warnings about a damaged file may fill pages before that.
    const [reason] = (cause as Error).message.trim().split('\n').slice(-1);
    throw new Blip2Error(`${name} cannot be decoded: ${reason.slice(0, 500)}`, {
      hint: 'Check that the file is a whole PNG, JPEG, WebP or GIF.',
      cause,
    });
  }
}

async function rawPixels(image: Sharp, depth: 'uchar' | 'ushort' = 'uchar'): Promise<RawImage> {
  const { data, info } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

function rgbOf({ data, ...size }: RawImage, convert: (data: Uint8Array) => Uint8Array): RawImage {
  return { ...size, data: convert(data) };
}

/** Without a profile: 255 − black − ink · (255 − black) / 255, rounded as PIL does. */
function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3];
    for (let c = 0; c < 3; c++) rgb[to + c] = light - Math.round((cmyk[from + c] * light) / 255);
  }
  return rgb;
}

/** Grey of 16 bits is clipped at 255 and not scaled: most of it turns white, in Python too. */
function clippedGreyToRgb(grey: Uint8Array): Uint8Array {
  const values = new Uint16Array(grey.slice().buffer);
  const rgb = new Uint8Array(values.length * 3);
  values.forEach((value, i) => rgb.fill(Math.min(value, 255), i * 3, i * 3 + 3));
  return rgb;
}

/**
 * Decodes to RGB and resizes straight to `size`×`size`, whatever the aspect ratio (as LAVIS evaluates: no centre crop).
 * Returns the size·size·3 bytes that PIL gives. @throws Blip2Error naming the image if it cannot be decoded.
 */
export async function decodeImage(source: ImageSource, size: number): Promise<Uint8Array> {
  return resample(await decodePixels(source), size);
}
