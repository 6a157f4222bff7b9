/** Pictures from anywhere to PNG. */
import { openImage, type ImageSource } from './decode';

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
  const image = openImage(source).toColourspace('srgb');
  const { width, height } = await image.metadata();
  const times = Math.max(1, Math.ceil(minimumSide / Math.min(width, height)));
  const { data, info } = await image
    .resize(width * times, height * times, { kernel: 'nearest' })
    .png({ compressionLevel: 9 })
    .toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height };
}
