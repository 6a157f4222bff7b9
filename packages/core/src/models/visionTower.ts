/**
 * All that BLIP-2 and its trainer know of an image encoder.
 * B batch, S image side, P patches (a class token included, where there is one), W width.
 */
import type { ParameterSpecs, Tensor } from '../runtime';
import type { Weights } from '../nn';

/** An image encoder as BLIP-2 knows it. */
export interface VisionTower {
  /** S of pre-training; other multiples of the patch side have their positions interpolated. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** W */
  readonly hiddenSize: number;
  /** Names as in Hugging Face's state dict, starting with `vision_model.`; only what `features` uses. */
  parameters(): ParameterSpecs;
  /** What the Q-Former reads: pixels [B, S, S, 3], normalised → [B, P, W]. */
  features(w: Weights, pixels: Tensor): Tensor;
}
