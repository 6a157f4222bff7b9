/** Small pictures for pages. */
import sharp from 'sharp';
import { decodePixels, type ImageSource } from './decode';

/** A picture as JPEG, its longer side at most so long. @throws Blip2Error if it cannot be decoded */
export async function encodeThumbnail(source: ImageSource, side: number): Promise<Buffer> {
  const { width, height, data } = await decodePixels(source);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 70 })
    .toBuffer();
}
