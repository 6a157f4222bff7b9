/**
 * Training's view of a picture: a random part of it, resized to a square, mirrored half of the time. The part is drawn as
 * torchvision's RandomResizedCrop draws it, and resized as PIL does. Where it is at least four times the square, libvips
 * has libjpeg decode at a quarter or an eighth: the square has the same detail for a fraction of the work.
 */
import sharp, { type Sharp } from 'sharp';
import { decodePixels } from './decode';
import { jpegHeader, type JpegHeader } from './jpegHeader';
import { squareCrop, type Crop } from './squareCrop';

/** Share of the picture's area (LAVIS: 0.5 to 1), and aspect ratio. */
const SCALE = [0.5, 1] as const;
const RATIO = [3 / 4, 4 / 3] as const;
const TRIES = 10;

/** Crops of so many times the square are decoded at a fraction: below, decoding whole by libjpeg-turbo alone is faster. */
const LARGE = 4;

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
 * A random part of an encoded picture as `size`×`size` RGB bytes.
 * @param random numbers in [0, 1): the same give the same part
 * @param target where the bytes are written, and what is returned
 * @throws Error if it cannot be decoded
 */
export async function cropImage(
  bytes: Uint8Array,
  size: number,
  random: () => number,
  target: Uint8Array = new Uint8Array(size * size * 3),
): Promise<Uint8Array> {
  const isMirrored = random() < 0.5;
  const header = jpegHeader(bytes);
  if (header && !header.hasExif && header.components !== 4) {
    const crop = randomCrop(header.width, header.height, random);
    const isLarge = Math.min(crop.width, crop.height) >= LARGE * size;
    if (isLarge || !decodedSquare(bytes, header, crop, { size, isMirrored }, target)) {
      target.set(await finished(resizedPart(sharp(bytes, OPTIONS), header, crop, size), size, isMirrored));
    }
    return target;
  }
  // Turned, CMYK, 16 bits, animated: the way that looks after all of it.
  const { width, height, data } = await decodePixels(bytes);
  const crop = randomCrop(width, height, random);
  const fill = (place: Buffer) => void place.set(data);
  squareCrop({ width, height, fill }, crop, { size, isMirrored }, target);
  return target;
}

/** What is used of @julusian/jpeg-turbo. */
interface JpegTurbo {
  FORMAT_RGB: number;
  decompressSync(image: Buffer, target: Buffer, options: { format: number }): unknown;
}
let turbo: JpegTurbo | null | undefined;

/** Where there is no build of it, libvips does all, in twice the time. */
function jpegTurbo(): JpegTurbo | null {
  if (turbo !== undefined) return turbo;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- it may not be there
    return (turbo = require('@julusian/jpeg-turbo') as JpegTurbo);
  } catch {
    return (turbo = null);
  }
}

/** By libjpeg-turbo, on this thread. False where it complains of the picture: libvips is more patient. */
function decodedSquare(
  bytes: Uint8Array,
  { width, height }: JpegHeader,
  crop: Crop,
  options: { size: number; isMirrored: boolean },
  target: Uint8Array,
): boolean {
  const turbo = jpegTurbo();
  if (!turbo) return false;
  const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fill = (place: Buffer) => void turbo.decompressSync(encoded, place, { format: turbo.FORMAT_RGB });
  try {
    squareCrop({ width, height, fill }, crop, options, target);
    return true;
  } catch {
    return false;
  }
}

async function finished(part: Sharp, size: number, isMirrored: boolean): Promise<Uint8Array> {
  const data = await part.toColourspace('srgb').raw().toBuffer();
  if (isMirrored) mirror(data, size);
  return data;
}

/** In place. libvips would mirror before it cuts. */
function mirror(data: Uint8Array, size: number): void {
  for (let row = 0; row < size; row++) {
    for (let left = row * size * 3, right = left + (size - 1) * 3; left < right; left += 3, right -= 3) {
      for (let c = 0; c < 3; c++) [data[left + c], data[right + c]] = [data[right + c], data[left + c]];
    }
  }
}

const cutAndResized = (image: Sharp, crop: Crop, size: number): Sharp =>
  image.extract(crop).resize(size, size, { fit: 'fill', kernel: 'cubic' });

/** Cut after resizing, decoding can shrink. The cut is then exact to half a pixel of the square. */
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
