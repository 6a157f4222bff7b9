/**
 * A frozen vision tower with its weights: pictures in, features out, never trained.
 * B batch, S image side, P tokens (class token included), W width.
 */
import { Blip2Error, compile, computeValues, tf, type Tensor } from '../runtime';
import type { Matrix } from '../nn';
import {
  tokenCount,
  VISION_FAMILIES,
  vitModelType,
  type TowerConfig,
  type VisionTower,
  type VitFamily,
  type VitTowerConfig,
} from '../models';
import { normalise } from '../image';
import {
  canonicalJson,
  fromPretrained,
  hashWeights,
  openModelFolder,
  sha256,
  type FromPretrainedOptions,
  type ModelFolder,
} from '../checkpoints';
import { stackPixels, type ImageTextSplit } from './dataset';
import { cachedFeatures, computeFeatures, type FeatureOptions, type Features } from './features';

/** How a vision tower is loaded. */
export interface VisionTowerOptions extends FromPretrainedOptions {
  /**
   * The block whose states are the features, from the end: −1 the last. Unless given, what the folder's config.json
   * says, or else what BLIP-2 takes of such a tower.
   */
  visionFeatureLayer?: number;
}

/** A frozen image encoder with its weights: what stands in front of the Q-Former. */
export interface FrozenVisionTower extends Pick<VisionTower, 'imageSize' | 'patchSize' | 'hiddenSize'> {
  /** The folder that it comes from. */
  readonly dir: string;
  readonly model: VisionTower;
  /** Which family it is of, and its configuration there. */
  readonly config: TowerConfig;
  /** The tensors of the weights, by the model's names. */
  readonly tensors: Readonly<Record<string, Matrix>>;
  /** Names the weights and how they are read: equal hashes give equal features. */
  readonly hash: string;
  /** Normalised pixels [B, S, S, 3] → features [B, P, W]. */
  encode(pixels: Tensor): Tensor;
  /** Gives the weights' memory back. */
  dispose(): void;
}

const BATCH = 64;

/**
 * The vision tower of a model folder, whatever family it is of: a tower on its own, or one inside a CLIP or a BLIP-2.
 * @throws Blip2Error if there is none, or naming what is wrong with it
 */
export function loadVisionTower(dir: string, options: VisionTowerOptions = {}): FrozenVisionTower {
  const family = familyOf(openModelFolder(dir), options);
  const loaded = fromPretrained(dir, family, options);
  const { config, model, weights, tensors } = loaded;
  const encode = compile((pixels: Tensor) => model.features(weights, pixels), { name: 'visionTower' });
  return {
    dir,
    model,
    config: { modelType: vitModelType(config), config },
    tensors,
    imageSize: config.imageSize,
    patchSize: config.patchSize,
    hiddenSize: config.hiddenSize,
    encode,
    get hash() {
      return towerHash(loaded.hash, config, options);
    },
    dispose() {
      encode.dispose();
      loaded.dispose();
    },
  };
}

/** The `hash` of the tower that `loadVisionTower` would load. */
export function visionTowerHash(dir: string, options: VisionTowerOptions = {}): string {
  const folder = openModelFolder(dir);
  const family = familyOf(folder, options);
  return towerHash(hashWeights(folder), family.readConfig(folder.config), options);
}

/** Of everything that features depend on beside the pictures. */
function towerHash(
  weights: string,
  config: VitTowerConfig,
  { dtype = 'float32' }: VisionTowerOptions,
): string {
  return sha256(canonicalJson({ weights, config, dtype }));
}

function familyOf({ dir, config }: ModelFolder, { visionFeatureLayer }: VisionTowerOptions): VitFamily {
  const { modelType } = config;
  const family = typeof modelType === 'string' ? VISION_FAMILIES[modelType] : undefined;
  if (!family) {
    throw new Blip2Error(`${dir} holds no vision tower: its model_type is ${JSON.stringify(modelType)}`, {
      hint: `There are towers of the types ${Object.keys(VISION_FAMILIES).join(', ')}.`,
    });
  }
  if (visionFeatureLayer === undefined) return family;
  return { ...family, readConfig: (json) => family.readConfig({ ...json, visionFeatureLayer }) };
}

/** What turns pictures into features, frozen or not. */
export type ImageEncoder = Pick<FrozenVisionTower, 'patchSize' | 'hiddenSize' | 'encode'>;

/**
 * Features [size, P, W] of all pictures of a split, from the cache where it has them. Pictures of another size than the
 * tower's give another number of tokens.
 *
 * @throws Blip2Error if the pictures cannot be cut into the tower's patches
 */
export function splitFeatures(
  tower: FrozenVisionTower,
  split: ImageTextSplit,
  cacheDir: string,
  onProgress?: (done: number, total: number) => void,
): Promise<Features> {
  return cachedFeatures({
    ...featureOptions(tower, split),
    dir: cacheDir,
    key: { tower: tower.hash, data: split.identity },
    onProgress,
  });
}

/** As `splitFeatures`, computed anew: of an encoder that is being trained. */
export function freshFeatures(encoder: ImageEncoder, split: ImageTextSplit): Promise<Features> {
  return computeFeatures(featureOptions(encoder, split));
}

function featureOptions(encoder: ImageEncoder, split: ImageTextSplit): FeatureOptions {
  const { imageSize: side } = split;
  return {
    count: split.size,
    shape: [tokenCount(encoder, side), encoder.hiddenSize],
    batchSize: BATCH,
    compute: (start, end) => {
      // The last batch is filled up with its first picture, so that one signature is compiled.
      const indices = Int32Array.from({ length: BATCH }, (_, i) => (start + i < end ? start + i : start));
      const pixels = normalise(stackPixels(split, indices));
      return computeValues(() => {
        const features = encoder.encode(tf.tensor4d(pixels, [BATCH, side, side, 3])); // [B, P, W]
        return features.slice([0, 0, 0], [end - start, -1, -1]);
      });
    },
  };
}
