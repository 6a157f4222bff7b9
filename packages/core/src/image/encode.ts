/** Pictures from anywhere to PNG. */
import sharp from 'sharp';
import { decodePixels, type ImageSource } from './decode';

export interface EncodedPng {
  /** The bytes of the file. */
  png: Buffer;
  width: number;
  height: number;
}

/**
 * A picture as PNG, at its own size or enlarged so that its shorter side has at least `minimumSide` pixels. A pixel
 * becomes a square of whole pixels: what is seen is what the model saw. @throws Blip2Error if it cannot be decoded
 */
export async function encodePng(source: ImageSource, minimumSide = 0): Promise<EncodedPng> {
  const { width, height, data } = await decodePixels(source);
  const times = Math.max(1, Math.ceil(minimumSide / Math.min(width, height)));
  const image = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(width * times, height * times, { kernel: 'nearest' })
    .png({ compressionLevel: 9 })
    .toBuffer({ resolveWithObject: true });
  return { png: image.data, width: image.info.width, height: image.info.height };
}
