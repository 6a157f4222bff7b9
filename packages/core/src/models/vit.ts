/**
 * Vision transformers that stay frozen in front of the Q-Former: CLIP's and EVA's (BLIP-2 section 3; LAVIS's clip_vit.py
 * and eva_vit.py). All tokens of the second-to-last block are the image's features: no final norm, no pooling.
 * Names are Hugging Face's: CLIPModel's and Blip2's `vision_model.*`.
 *
 * B batch, S image side, g = S / patch side, P = g² + 1 tokens (class token first), W width.
 */
import { Blip2Error, linear as multiply, tf, type ParameterSpecs, type Tensor } from '../runtime';
import {
  encoderLayer,
  encoderLayerSpecs,
  layerNorm,
  layerNormSpecs,
  normal,
  repeatSpecs,
  type EncoderLayerConfig,
  type Weights,
} from '../nn';

/**
 * Hugging Face's `vision_config`, and the family: `clip` has a norm before the blocks and no bias in the patch
 * embedding, `eva` has the bias and not the norm.
 */
export interface VitConfig extends EncoderLayerConfig {
  numHiddenLayers: number;
  imageSize: number;
  patchSize: number;
}

/** CLIP ViT-L/14 (width 1024); BLIP-2 uses 23 of its 24 blocks. */
export const CLIP_VIT_L: VitConfig = {
  family: 'clip',
  hiddenSize: 1024,
  intermediateSize: 4096,
  numHiddenLayers: 24,
  numAttentionHeads: 16,
  imageSize: 224,
  patchSize: 14,
  hiddenAct: 'quick_gelu',
  layerNormEps: 1e-5,
};

/** EVA ViT-g/14 (width 1408) as BLIP-2 stores it: without its last block. */
export const EVA_VIT_G: VitConfig = {
  family: 'eva',
  hiddenSize: 1408,
  intermediateSize: 6144,
  numHiddenLayers: 39,
  numAttentionHeads: 16,
  imageSize: 224,
  patchSize: 14,
  hiddenAct: 'gelu',
  layerNormEps: 1e-6,
};

/** The last block's states; with `layers` only so many blocks are run. */
export interface VitOptions {
  layers?: number;
}

/**
 * Features of images.
 *
 * @param w scope `vision_model`
 * @param pixels [B, S, S, 3], normalised
 * @returns [B, P, W]
 * @throws Blip2Error if the images are not of the configuration's size: there are no positions for others
 */
export function vit(w: Weights, config: VitConfig, pixels: Tensor, { layers }: VitOptions = {}): Tensor {
  let x = embedPatches(w.scope('embeddings'), config, pixels); // [B, P, W]
  if (config.family === 'clip') x = layerNorm(w.scope('pre_layrnorm'), x, config.layerNormEps);
  for (let i = 0; i < (layers ?? config.numHiddenLayers); i++) {
    x = encoderLayer(w.scope(`encoder.layers.${i}`), config, x);
  }
  return x;
}

/** The convolution over patches that do not overlap, as one matrix product; then class token and positions. */
function embedPatches(w: Weights, config: VitConfig, pixels: Tensor): Tensor {
  const { hiddenSize, patchSize: p, family, imageSize } = config;
  const [batch, side, width] = pixels.shape;
  if (side !== imageSize || width !== imageSize) {
    throw new Blip2Error(
      `The vision tower takes images of ${imageSize} × ${imageSize} pixels, not [${pixels.shape}]`,
      {
        hint: 'Resize the images to the image_size of its configuration.',
      },
    );
  }
  const grid = side / p;
  const patches = pixels
    .reshape([batch, grid, p, grid, p, 3])
    .transpose([0, 1, 3, 5, 2, 4]) // [B, g, g, 3, p, p]: the order of the convolution's weights
    .reshape([batch, grid * grid, 3 * p * p]);
  const kernel = w.get('patch_embedding.weight').reshape([hiddenSize, 3 * p * p]);
  const bias = family === 'eva' ? w.get('patch_embedding.bias') : undefined;
  const embedded = multiply(patches, kernel, bias); // [B, g², W]
  const first = tf.zeros([batch, 1, 1]).add(w.get('class_embedding').reshape([1, 1, hiddenSize])); // [B, 1, W]
  return tf
    .concat([first, embedded], 1)
    .add(w.get(family === 'eva' ? 'position_embedding' : 'position_embedding.weight'));
}

/** With `layers`, only the blocks that are run. Names start with `vision_model.`. */
export function vitParameters(
  config: VitConfig,
  { layers = config.numHiddenLayers }: VitOptions = {},
): ParameterSpecs {
  const { hiddenSize: width, patchSize, imageSize, family } = config;
  const tokens = (imageSize / patchSize) ** 2 + 1;
  const at = 'vision_model.embeddings';
  const init = normal(0.02);
  const isEva = family === 'eva';
  return {
    [`${at}.class_embedding`]: { shape: isEva ? [1, 1, width] : [width], init },
    [`${at}.patch_embedding.weight`]: { shape: [width, 3, patchSize, patchSize], init },
    ...(isEva
      ? {
          [`${at}.patch_embedding.bias`]: { shape: [width], init: { kind: 'zeros' } },
          [`${at}.position_embedding`]: { shape: [1, tokens, width], init },
        }
      : {
          [`${at}.position_embedding.weight`]: { shape: [tokens, width], init },
          ...layerNormSpecs('vision_model.pre_layrnorm', width),
        }),
    ...repeatSpecs('vision_model.encoder.layers', layers, (name) => encoderLayerSpecs(name, config)),
  };
}
