/**
 * A frozen vision tower: pictures in, features out, never trained. B batch, S image side, P patches, W width.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Blip2Error, compile, tf, type Tensor } from '../runtime';
import { Weights } from '../nn';
import { vit, type VitConfig } from '../models';
import { normalise } from '../image';
import { loadPretrained, sha256File } from '../checkpoints';
import { stackPixels, type ImageTextSplit } from './dataset';
import { cachedFeatures, type Features } from './features';

export interface VisionTower {
  /** Names the weights: equal hashes give equal features. */
  hash: string;
  imageSize: number;
  /** P, class token included. */
  patches: number;
  /** W */
  width: number;
  /** Normalised pixels [B, S, S, 3] → features [B, P, W]. */
  encode(pixels: Tensor): Tensor;
}

const BATCH = 64;

/** The ViT of a CLIP folder (Hugging Face layout), up to its second-to-last block, as BLIP-2 uses it. */
export function clipVisionTower(dir: string): VisionTower {
  const weights = join(dir, 'model.safetensors');
  if (!existsSync(weights)) {
    throw new Blip2Error(`No vision tower at ${dir}`, {
      hint: 'A CLIP folder holds config.json and model.safetensors. For Shapes it is shipped in datasets/shapes/clip.',
    });
  }
  const { config, tensors } = loadPretrained(dir);
  const onDisk = config.visionConfig as unknown as Omit<VitConfig, 'family'>;
  const vision: VitConfig = { family: 'clip', ...onDisk };
  const own = Object.entries(tensors).filter(([name]) => name.startsWith('vision_model.'));
  const named = own.map(
    ([name, { shape, data }]) => [name, tf.keep(tf.tensor(data, shape, 'float32'))] as const,
  );
  const w = new Weights(Object.fromEntries(named)).scope('vision_model');
  const layers = vision.numHiddenLayers - 1;
  return {
    hash: sha256File(weights),
    imageSize: vision.imageSize,
    patches: (vision.imageSize / vision.patchSize) ** 2 + 1,
    width: vision.hiddenSize,
    encode: compile((pixels: Tensor) => vit(w, vision, pixels, { layers }), { name: 'visionTower' }),
  };
}

/** Features [size, P, W] of all pictures of a split, from the cache where it has them. */
export function splitFeatures(
  tower: VisionTower,
  split: ImageTextSplit,
  cacheDir: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Features> {
  if (split.imageSize !== tower.imageSize) {
    throw new Blip2Error(
      `The vision tower takes pictures of ${tower.imageSize} px, ${split.name} has ${split.imageSize} px`,
      {
        hint: 'Use the tower that was trained for this data, or resize the pictures.',
      },
    );
  }
  const { hash, imageSize: side, patches, width } = tower;
  return cachedFeatures({
    dir: cacheDir,
    key: { tower: hash, data: split.identity },
    count: split.size,
    shape: [patches, width],
    batchSize: BATCH,
    onProgress,
    compute: (start, end) => {
      // The last batch is filled up with its first picture, so that one signature is compiled.
      const indices = Int32Array.from({ length: BATCH }, (_, i) => (start + i < end ? start + i : start));
      const pixels = normalise(stackPixels(split, indices));
      return tf.tidy(() => {
        const features = tower.encode(tf.tensor4d(pixels, [BATCH, side, side, 3])); // [B, P, W]
        return features.slice([0, 0, 0], [end - start, -1, -1]).dataSync<'float32'>();
      });
    },
  });
}
