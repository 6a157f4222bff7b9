/**
 * Vision towers for pictures of another size than they were trained on, before they are trained further (BLIP-2 section
 * 4.2 to 4.4: 364 and 490 pixels): positions are interpolated once, and each has a vector of its own from then on.
 */
import { compile, tf, type Tensor } from '../runtime';
import { Weights } from '../nn';
import { canonicalJson, sha256 } from '../checkpoints';
import { resizedPositions, VISION_FAMILIES, type VitTowerConfig } from '../models';
import type { FrozenVisionTower } from '../data';
import type { VisionShape } from './plan';
import { visionTensors } from './trainedVision';

/** A tower without its weights, for pictures of a size. */
export function resizedShape({ config: { modelType, config } }: VisionShape, imageSize: number): VisionShape {
  const own = { ...(config as VitTowerConfig), imageSize };
  return { model: VISION_FAMILIES[modelType].build(own), config: { modelType, config: own } };
}

/** As `resizedShape`; itself, where no other size is asked for. */
export const sizedShape = (shape: VisionShape, imageSize?: number): VisionShape =>
  imageSize === undefined ? shape : resizedShape(shape, imageSize);

/** The tower for pictures of a size; itself, where that is its own. */
export function resizedTower(
  tower: FrozenVisionTower,
  imageSize: number = tower.imageSize,
): FrozenVisionTower {
  if (imageSize === tower.imageSize) return tower;
  const { model, config } = resizedShape(tower, imageSize);
  const table = Object.fromEntries(
    Object.entries(tower.tensors).filter(([name]) => name.includes('.position_embedding')),
  );
  const positions = tf.tidy(() => {
    const w = new Weights(visionTensors({ tensors: table }));
    return resizedPositions(w, tower.config.config as VitTowerConfig, imageSize);
  });
  const tensors = { ...tower.tensors, ...positions };
  const weights = new Weights(tensors);
  const encode = compile((pixels: Tensor) => model.features(weights, pixels), { name: 'visionTower' });
  return {
    ...{ dir: tower.dir, model, config, tensors, encode, imageSize },
    ...{ patchSize: tower.patchSize, hiddenSize: tower.hiddenSize },
    get hash() {
      return sha256(canonicalJson({ tower: tower.hash, imageSize }));
    },
    dispose() {
      encode.dispose();
      tf.dispose(positions);
    },
  };
}
