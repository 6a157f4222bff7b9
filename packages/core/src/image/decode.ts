/** Pictures from anywhere (path, file bytes, raw pixels) to square RGB bytes. */
import { existsSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { Blip2Error } from '../runtime';

/** Raw pixels, row-major, 3 (RGB) or 4 (RGBA) bytes each. */
export interface RawImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A path, the bytes of a PNG/JPEG/WebP… file, or raw pixels. */
export type ImageSource = string | Uint8Array | RawImage;

/** @throws Blip2Error if there is no such file, or pixels do not fit their size */
export function openImage(source: ImageSource): Sharp {
  if (typeof source === 'string') {
    if (!existsSync(source)) {
      throw new Blip2Error(`No image at ${source}`, {
        hint: 'Give the path of a PNG, JPEG, WebP or GIF file.',
      });
    }
    return sharp(source);
  }
  if (source instanceof Uint8Array) return sharp(source);
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
 * Decodes to RGB and resizes straight to `size`×`size`, whatever the aspect ratio (as LAVIS evaluates: no centre crop).
 * Returns size·size·3 bytes. @throws Blip2Error naming the image if it cannot be decoded.
 */
export async function decodeImage(source: ImageSource, size: number): Promise<Uint8Array> {
  const image = openImage(source);
  try {
    const pixels = await image
      .toColourspace('srgb')
      .removeAlpha()
      .resize(size, size, { fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer();
    return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  } catch (cause) {
    const name = typeof source === 'string' ? source : 'The image given as bytes';
    throw new Blip2Error(`${name} cannot be decoded: ${(cause as Error).message}`, {
      hint: 'Check that the file is a whole PNG, JPEG, WebP or GIF.',
      cause,
    });
  }
}
