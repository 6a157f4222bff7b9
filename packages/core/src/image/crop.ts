/**
 * Training's view of a picture: a random part of it, resized to a square, mirrored half of the time. The part is drawn as
 * torchvision's RandomResizedCrop draws it; libvips resizes (bicubic), and lets libjpeg decode at a half, a quarter or an
 * eighth where the part is large enough: the square then has the same detail for a fraction of the work. S side of it.
 */
import sharp, { type Sharp } from 'sharp';
import { decodePixels } from './decode';
import { jpegHeader } from './jpegHeader';

/** A part of a picture, in its own pixels. */
export interface Crop {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Share of the picture's area (LAVIS: 0.5 to 1), and aspect ratio. */
const SCALE = [0.5, 1] as const;
const RATIO = [3 / 4, 4 / 3] as const;
const TRIES = 10;

/** What is left of a picture that a decoder only warns of is used, as PIL uses it. */
const OPTIONS = { ignoreIcc: true, failOn: 'error' } as const;

/** @param random numbers in [0, 1) */
export function randomCrop(width: number, height: number, random: () => number): Crop {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = width * height * (SCALE[0] + (SCALE[1] - SCALE[0]) * random());
    const [low, high] = [Math.log(RATIO[0]), Math.log(RATIO[1])];
    const ratio = Math.exp(low + (high - low) * random());
    const [w, h] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (w > 0 && h > 0 && w <= width && h <= height) {
      const top = Math.floor(random() * (height - h + 1));
      return { left: Math.floor(random() * (width - w + 1)), top, width: w, height: h };
    }
  }
  // The middle, of the nearest ratio that is allowed.
  const ratio = Math.min(Math.max(width / height, RATIO[0]), RATIO[1]);
  const w = Math.min(width, Math.round(height * ratio));
  const h = Math.min(height, Math.round(width / ratio));
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}

/**
 * A random part of an encoded picture as `size`×`size` RGB bytes. @param random numbers in [0, 1): the same give the same
 * part @throws Error if it cannot be decoded
 */
export async function cropImage(bytes: Uint8Array, size: number, random: () => number): Promise<Uint8Array> {
  const isMirrored = random() < 0.5;
  const header = jpegHeader(bytes);
  const isPlain = header && !header.hasExif && header.components !== 4;
  // Turned, CMYK, 16 bits, animated: the way that looks after all of it.
  const decoded = isPlain ? undefined : await decodePixels(bytes);
  const source = decoded ?? header!;
  const image = decoded
    ? sharp(decoded.data, { raw: { width: decoded.width, height: decoded.height, channels: 3 } })
    : sharp(bytes, OPTIONS);
  const crop = randomCrop(source.width, source.height, random);
  const part = decoded ? cutAndResized(image, crop, size) : resizedPart(image, source, crop, size);
  const { data } = await (isMirrored ? part.flop() : part)
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data;
}

const cutAndResized = (image: Sharp, crop: Crop, size: number): Sharp =>
  image.extract(crop).resize(size, size, { fit: 'fill', kernel: 'cubic' });

/** Cut after resizing, decoding can shrink: worth it from a half on. The cut is then exact to half a pixel of the square. */
function resizedPart(
  image: Sharp,
  { width, height }: { width: number; height: number },
  crop: Crop,
  size: number,
): Sharp {
  if (Math.min(crop.width, crop.height) < 2 * size) return cutAndResized(image, crop, size);
  const [across, down] = [size / crop.width, size / crop.height];
  const whole = [Math.round(width * across), Math.round(height * down)] as const;
  const left = Math.min(Math.round(crop.left * across), whole[0] - size);
  const top = Math.min(Math.round(crop.top * down), whole[1] - size);
  return image
    .resize(...whole, { fit: 'fill', kernel: 'cubic' })
    .extract({ left, top, width: size, height: size });
}
