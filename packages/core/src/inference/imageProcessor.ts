/**
 * How a model folder wants its images: `preprocessor_config.json` as transformers' BlipImageProcessor writes it (or the
 * same within `processor_config.json`). S image side.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Blip2Error } from '../runtime';
import { CLIP_MEAN, CLIP_STD, decodeImage, normalise, type ImageSource } from '../image';
import { readJsonObject, writeFileAtomic } from '../checkpoints';

const FILE = 'preprocessor_config.json';
const WITH_TOKENIZER = 'processor_config.json';

type Triple = [number, number, number];

export interface ImageProcessor {
  /** S: images are resized to S × S, whatever their aspect ratio. */
  size: number;
  mean: Triple;
  std: Triple;
}

const side = z.number().int().positive();
const triple = z.tuple([z.number(), z.number(), z.number()]);
const schema = z.object({
  size: z.union([side, z.object({ height: side, width: side })]),
  image_mean: triple.default([...CLIP_MEAN]),
  image_std: triple.default([...CLIP_STD]),
});

/**
 * The processor of a folder; without a file, the vision tower's own size and CLIP's mean and deviation.
 * @throws Blip2Error naming the file and the key at fault
 */
export function readImageProcessor(dir: string, imageSize: number): ImageProcessor {
  const found = [FILE, WITH_TOKENIZER].map((name) => join(dir, name)).find((path) => existsSync(path));
  if (!found) return { size: imageSize, mean: [...CLIP_MEAN], std: [...CLIP_STD] };
  const json = readJsonObject(found);
  const { error, data } = schema.safeParse(json.image_processor ?? json);
  if (error) {
    const [{ path, message }] = error.issues;
    throw new Blip2Error(`${found}: ${path.join('.') || 'the whole'}: ${message}`, {
      hint: 'An image processor of BLIP-2 has a size, image_mean and image_std.',
    });
  }
  const { size, image_mean: mean, image_std: std } = data;
  if (typeof size === 'number') return { size, mean, std };
  if (size.height !== size.width) {
    throw new Blip2Error(`${found}: size: ${size.width}×${size.height} is no square`, {
      hint: 'Give images the same height and width.',
    });
  }
  return { size: size.height, mean, std };
}

/** Writes what `readImageProcessor`, and transformers, read. */
export function writeImageProcessor(dir: string, { size, mean, std }: ImageProcessor): void {
  const json = {
    image_processor_type: 'BlipImageProcessor',
    processor_class: 'Blip2Processor',
    do_convert_rgb: true,
    do_resize: true,
    size: { height: size, width: size },
    resample: 3,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: mean,
    image_std: std,
  };
  writeFileAtomic(join(dir, FILE), [`${JSON.stringify(json, null, 2)}\n`]);
}

/** Pixels of images as the vision tower wants them [images.length, S, S, 3]. @throws Blip2Error naming a broken one */
export async function processImages(
  { size, mean, std }: ImageProcessor,
  images: readonly ImageSource[],
): Promise<Float32Array> {
  const length = size * size * 3;
  const pixels = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) {
    normalise(await decodeImage(image, size), pixels.subarray(i * length, (i + 1) * length), mean, std);
  }
  return pixels;
}
