/** Images from anywhere as a split, so that whatever reads splits reads them. */
import { decodeImage, type ImageSource } from '../image';
import { sha256 } from '../checkpoints';
import type { ImageTextSplit } from './dataset';

/** @param imageSize side that images are resized to @throws Blip2Error naming an image that cannot be decoded */
export async function pictureSplit(
  images: readonly ImageSource[],
  imageSize: number,
): Promise<ImageTextSplit> {
  const pixels: Uint8Array[] = [];
  for (const image of images) pixels.push(await decodeImage(image, imageSize));
  return {
    name: 'pictures',
    size: images.length,
    imageSize,
    identity: { pictures: sha256(...pixels) },
    id: (index) => `picture ${index}`,
    pixels: (index) => pixels[index],
    captions: () => [],
  };
}
