/**
 * Vision transformers: those that stay frozen in front of the Q-Former, CLIP's and EVA's (BLIP-2 section 3; LAVIS's
 * clip_vit.py and eva_vit.py), whose features are all tokens of a block, without a final norm and without pooling; and
 * BLIP's. Names are Hugging Face's: `vision_model.*` of CLIPModel, Blip2Model and BlipForConditionalGeneration.
 *
 * B batch, S image side, p patch side, g = S / p, P = g² + 1 tokens (class token first), W width.
 */
import { Blip2Error, linear as multiply, tf, type ParameterSpecs, type Tensor } from '../runtime';
import {
  encoderLayer,
  encoderLayerSpecs,
  layerNorm,
  layerNormSpecs,
  normal,
  recomputable,
  repeatSpecs,
  resizeGrid,
  type EncoderLayerConfig,
  type Weights,
} from '../nn';

/**
 * Hugging Face's `vision_config`, and the family: `clip` has a norm before the blocks and no bias in the patch
 * embedding, `eva` and `blip` have the bias and not the norm.
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
 * Features of images. For images of another size than the configuration's, positions are interpolated: bicubic, the
 * corners aligned for CLIP as in LAVIS (transformers' own CLIP does not align them), not for the others.
 *
 * @param w scope `vision_model`
 * @param pixels [B, S, S, 3], normalised
 * @returns [B, P, W]
 * @throws Blip2Error if the images are not square, or cannot be cut into patches
 */
export function vit(w: Weights, config: VitConfig, pixels: Tensor, { layers }: VitOptions = {}): Tensor {
  let x = embedPatches(w.scope('embeddings'), config, pixels); // [B, P, W]
  if (config.family === 'clip') x = layerNorm(w.scope('pre_layrnorm'), x, config.layerNormEps);
  for (let i = 0; i < (layers ?? config.numHiddenLayers); i++) {
    x = recomputable(w.scope(`encoder.layers.${i}`), { x }, undefined, (layer, input) =>
      encoderLayer(layer, config, input.x),
    );
  }
  return x;
}

/**
 * P: how many tokens an image of side S becomes.
 * @throws Blip2Error if S is not a multiple of the patch side
 */
export function tokenCount({ patchSize }: Pick<VitConfig, 'patchSize'>, imageSize: number): number {
  if (imageSize % patchSize !== 0) {
    throw new Blip2Error(
      `Images of ${imageSize} × ${imageSize} pixels cannot be cut into patches of ${patchSize} × ${patchSize}`,
      { hint: `Resize them to a multiple of ${patchSize} pixels.` },
    );
  }
  return (imageSize / patchSize) ** 2 + 1;
}

/** The convolution over patches that do not overlap, as one matrix product; then class token and positions. */
function embedPatches(w: Weights, config: VitConfig, pixels: Tensor): Tensor {
  const { hiddenSize, patchSize: p, family } = config;
  const [batch, side, width] = pixels.shape as [number, number, number];
  if (side !== width) {
    throw new Blip2Error(`The vision tower takes square images, not [${pixels.shape}]`, {
      hint: 'Resize or crop the images to squares.',
    });
  }
  const tokens = tokenCount(config, side);
  const grid = side / p;
  const patches = pixels
    .reshape([batch, grid, p, grid, p, 3])
    .transpose([0, 1, 3, 5, 2, 4]) // [B, g, g, 3, p, p]: the order of the convolution's weights
    .reshape([batch, grid * grid, 3 * p * p]);
  const kernel = w.get('patch_embedding.weight').reshape([hiddenSize, 3 * p * p]);
  const bias = family === 'clip' ? undefined : w.get('patch_embedding.bias');
  const embedded = multiply(patches, kernel, bias); // [B, g², W]
  const first = tf.zeros([batch, 1, 1]).add(w.get('class_embedding').reshape([1, 1, hiddenSize])); // [B, 1, W]
  return tf.concat([first, embedded], 1).add(positions(w, config, tokens));
}

/** The table of positions, interpolated to the number of tokens where that is another: [P, W]. */
function positions(w: Weights, config: VitConfig, tokens: number): Tensor {
  const { family, hiddenSize: width } = config;
  const own = tokenCount(config, config.imageSize);
  const table = w.get(positionsName(config)).reshape([own, width]);
  if (tokens === own) return table;
  const [first, grid] = tf.split(table, [1, own - 1], 0); // [1, W], [g², W] of pre-training
  const resized = resizeGrid(grid, Math.sqrt(tokens - 1), { alignCorners: family === 'clip' });
  return tf.concat([first, resized], 0);
}

const positionsName = ({ family }: VitConfig): string =>
  family === 'clip' ? 'position_embedding.weight' : 'position_embedding';

/**
 * The table of positions for images of another side, by its name: a tower that is trained on such images has it
 * interpolated once, beforehand (LAVIS), and learns one vector for each token.
 *
 * @param w scope of all parameters
 */
export function resizedPositions(w: Weights, config: VitConfig, imageSize: number): Record<string, Tensor> {
  const at = 'vision_model.embeddings';
  const table = positions(w.scope(at), config, tokenCount(config, imageSize)); // [P, W]
  const stored = config.family === 'clip' ? table : tf.expandDims(table, 0);
  return { [`${at}.${positionsName(config)}`]: stored };
}

/** With `layers`, only the blocks that are run. Names start with `vision_model.`. */
export function vitParameters(
  config: VitConfig,
  { layers = config.numHiddenLayers }: VitOptions = {},
): ParameterSpecs {
  const { hiddenSize: width, patchSize, imageSize, family } = config;
  const tokens = tokenCount(config, imageSize);
  const at = 'vision_model.embeddings';
  const init = normal(0.02);
  const isClip = family === 'clip';
  return {
    [`${at}.class_embedding`]: { shape: isClip ? [width] : [1, 1, width], init },
    [`${at}.patch_embedding.weight`]: { shape: [width, 3, patchSize, patchSize], init },
    ...(isClip
      ? {
          [`${at}.position_embedding.weight`]: { shape: [tokens, width], init },
          ...layerNormSpecs('vision_model.pre_layrnorm', width),
        }
      : {
          [`${at}.patch_embedding.bias`]: { shape: [width], init: { kind: 'zeros' } },
          [`${at}.position_embedding`]: { shape: [1, tokens, width], init },
        }),
    ...repeatSpecs('vision_model.encoder.layers', layers, (name) => encoderLayerSpecs(name, config)),
  };
}
