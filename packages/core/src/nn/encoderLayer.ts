/**
 * The pre-norm transformer block of CLIP's two towers and of the ViTs of EVA and BLIP.
 * B batch, S rows, D width, H heads.
 */
import { linear as multiply, tf, type ParameterSpecs, type Tensor } from '../runtime';
import { ACTIVATIONS, type Activation } from './activations';
import { projectMaps, selfAttention } from './attention';
import { layerNorm, linear } from './layers';
import { layerNormSpecs, linearSpecs } from './specs';
import type { Weights } from './weights';

/** Sizes of a block. */
export interface EncoderLayerConfig {
  hiddenSize: number;
  intermediateSize: number;
  numAttentionHeads: number;
  hiddenAct: Activation;
  layerNormEps: number;
  /**
   * `clip`: `q_proj`, `k_proj`, `v_proj` and `out_proj`; `eva` and `blip`: one `qkv`, and `projection`. EVA has no key
   * biases: files hold zeros in their place, which stay zeros in training.
   */
  family: 'clip' | 'eva' | 'blip';
}

/** x + attention(norm(x)), then x + mlp(norm(x)). `bias` is added to attention scores. [B, S, D] → [B, S, D] */
export function encoderLayer(w: Weights, config: EncoderLayerConfig, x: Tensor, bias?: Tensor): Tensor {
  const { layerNormEps, family } = config;
  const attention = w.scope('self_attn');
  const projected = queryKeyValue(attention, family, layerNorm(w.scope('layer_norm1'), x, layerNormEps));
  const context = selfAttention(projected, config.numAttentionHeads, { bias }); // [B, S, D]
  const attended = x.add(linear(attention.scope(family === 'clip' ? 'out_proj' : 'projection'), context));
  const expanded = linear(w.scope('mlp.fc1'), layerNorm(w.scope('layer_norm2'), attended, layerNormEps));
  return attended.add(linear(w.scope('mlp.fc2'), ACTIVATIONS[config.hiddenAct](expanded)));
}

/** The three maps side by side, heads in each: [B, S, D] → [B, S, 3D] */
function queryKeyValue(w: Weights, family: EncoderLayerConfig['family'], x: Tensor): Tensor {
  if (family === 'clip') {
    const layers = ['q_proj', 'k_proj', 'v_proj'].map((name) => w.scope(name));
    return projectMaps(layers, x);
  }
  const qkv = w.scope('qkv');
  const bias = family === 'eva' ? withoutKeyBias(qkv.get('bias')) : qkv.get('bias');
  return multiply(x, qkv.matrix('weight'), bias);
}

/** The middle third is zero, and so is its gradient: [3D] → [3D]. */
function withoutKeyBias(bias: Tensor): Tensor {
  const kept = tf.tensor2d([[1], [0], [1]]);
  return bias.reshape([3, -1]).mul(kept).reshape([-1]);
}

/** The parameters of a block. */
export function encoderLayerSpecs(name: string, config: EncoderLayerConfig): ParameterSpecs {
  const { hiddenSize: width, intermediateSize } = config;
  const square = (map: string) => linearSpecs(`${name}.self_attn.${map}`, width, width);
  const attention =
    config.family === 'clip'
      ? { ...square('q_proj'), ...square('k_proj'), ...square('v_proj'), ...square('out_proj') }
      : { ...linearSpecs(`${name}.self_attn.qkv`, width, 3 * width), ...square('projection') };
  return {
    ...layerNormSpecs(`${name}.layer_norm1`, width),
    ...attention,
    ...layerNormSpecs(`${name}.layer_norm2`, width),
    ...linearSpecs(`${name}.mlp.fc1`, width, intermediateSize),
    ...linearSpecs(`${name}.mlp.fc2`, intermediateSize, width),
  };
}
