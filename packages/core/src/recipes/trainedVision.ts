/**
 * An image encoder that is trained (BLIP-2 sections 4.2 to 4.4): what fine-tuning for captioning, for questions and for
 * retrieval share. Steps read pixels, not cached features: those of data in memory, or crops of streamed pictures.
 * B batch, S image side, P patches, W vision width.
 */
import { z } from 'zod';
import { compile, HalfTensor, type ParameterStore, type Tensor } from '../runtime';
import { Weights, type Matrix } from '../nn';
import { normalise } from '../image';
import type { VisionTower } from '../models';
import type { HostTensor } from '../checkpoints';
import type { Disposable } from './owned';
import { stackPixels, type FrozenVisionTower, type ImageEncoder, type ImageTextSplit } from '../data';

/** Of a recipe's schema. */
export const layerDecaySchema = z.number().positive().max(1).default(1);

/** The weights of a frozen tower to start from. What is trained is float32, in whatever type it was stored. */
export function visionTensors({ tensors }: Pick<FrozenVisionTower, 'tensors'>): Record<string, Tensor> {
  const float32 = (tensor: Matrix) => (tensor instanceof HalfTensor ? tensor.toFloat32() : tensor);
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, float32(tensor)]));
}

/** The encoder with the weights that are among `parameters`, read at each use. */
export function trainedEncoder(vision: VisionTower, parameters: ParameterStore): ImageEncoder & Disposable {
  const { patchSize, hiddenSize } = vision;
  const encode = compile(
    (pixels: Tensor) => vision.features(new Weights(parameters.readAll()), pixels), // [B, P, W]
    { name: 'trainedVisionTower' },
  );
  return { patchSize, hiddenSize, encode, dispose: () => encode.dispose() };
}

/** Normalised pixels of some pictures [B, S, S, 3]. */
export function pixelBatch(split: ImageTextSplit, indices: Int32Array): HostTensor {
  const { imageSize: side } = split;
  return { shape: [indices.length, side, side, 3], data: normalise(stackPixels(split, indices)) };
}

/**
 * Layer-wise decay of the learning rate (tables 7 to 9 of the paper): each block of the encoder learns `decay` times as
 * fast as the one after it, the embedding slowest of all; what comes after the encoder learns at the full rate. LAVIS
 * carries the setting and never reads it; this is what it means there: block j of L is multiplied with decay^(L − j).
 */
export function layerRates(vision: VisionTower, decay: number): (name: string) => number {
  const blockOf = (name: string) => Number(/\.layers\.(\d+)\./.exec(name)?.[1] ?? -1);
  const encoder = new Map(Object.keys(vision.parameters()).map((name) => [name, blockOf(name)]));
  const blocks = Math.max(-1, ...encoder.values()) + 1;
  return (name) => {
    const block = encoder.get(name);
    return block === undefined ? 1 : decay ** (blocks - block);
  };
}
