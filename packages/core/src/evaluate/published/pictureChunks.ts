/**
 * The pictures of a set, decoded so many at a time, the next ones while the model works on those before. What cannot be
 * decoded is left out and the place is filled by the picture after it: every chunk but the last is as large as the others,
 * and what is in it depends on the set alone, not on where an evaluation began.
 */
import { decodeImage, type RawImage } from '../../image';
import type { SetImage } from '../../data';

/** Some pictures of a set. */
export interface PictureChunk<I extends SetImage> {
  pictures: { image: I; pixels: RawImage }[];
  /** Those that cannot be decoded. */
  skipped: { image: I; reason: string }[];
  /** The number of the first picture after them. */
  next: number;
}

/**
 * @param from the first picture: 0, or the `next` of a chunk
 * @param size pictures of a chunk @param side in pixels
 */
export async function* pictureChunks<I extends SetImage>(
  images: readonly I[],
  from: number,
  size: number,
  side: number,
): AsyncGenerator<PictureChunk<I>> {
  let coming = from < images.length ? chunkAt(images, from, size, side) : undefined;
  while (coming) {
    const chunk = await coming;
    coming = chunk.next < images.length ? chunkAt(images, chunk.next, size, side) : undefined;
    coming?.catch(() => {}); // is thrown when it is awaited
    yield chunk;
  }
}

async function chunkAt<I extends SetImage>(
  images: readonly I[],
  from: number,
  size: number,
  side: number,
): Promise<PictureChunk<I>> {
  const chunk: PictureChunk<I> = { pictures: [], skipped: [], next: from };
  while (chunk.pictures.length < size && chunk.next < images.length) {
    const some = images.slice(chunk.next, chunk.next + size - chunk.pictures.length);
    const decoded = await Promise.all(some.map((image) => decodeOne(image, side)));
    for (const one of decoded) {
      if ('pixels' in one) chunk.pictures.push(one);
      else chunk.skipped.push(one);
    }
    chunk.next += some.length;
  }
  return chunk;
}

async function decodeOne<I extends SetImage>(
  image: I,
  side: number,
): Promise<{ image: I; pixels: RawImage } | { image: I; reason: string }> {
  try {
    const data = await decodeImage(image.path, side);
    return { image, pixels: { width: side, height: side, data } };
  } catch (error) {
    return { image, reason: (error as Error).message };
  }
}
