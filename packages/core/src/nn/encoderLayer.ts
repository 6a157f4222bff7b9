/**
 * The pre-norm transformer block of CLIP's two towers and of EVA's ViT.
 * B batch, S rows, D width, H heads.
 */
import type { ParameterSpecs, Tensor } from '../runtime';
import { ACTIVATIONS, type Activation } from './activations';
import { multiHeadAttention, projectHeads } from './attention';
import { layerNorm, linear } from './layers';
import { layerNormSpecs, linearSpecs } from './specs';
import type { Weights } from './weights';

export interface EncoderLayerConfig {
  hiddenSize: number;
  intermediateSize: number;
  numAttentionHeads: number;
  hiddenAct: Activation;
  layerNormEps: number;
  /** `clip`: `q_proj`, `k_proj`, `v_proj` and `out_proj`; `eva`: one `qkv`, and `projection`. */
  family: 'clip' | 'eva';
}

/** x + attention(norm(x)), then x + mlp(norm(x)). `bias` is added to attention scores. [B, S, D] → [B, S, D] */
export function encoderLayer(w: Weights, config: EncoderLayerConfig, x: Tensor, bias?: Tensor): Tensor {
  const { numAttentionHeads: heads, layerNormEps, family } = config;
  const attention = w.scope('self_attn');
  const normed = layerNorm(w.scope('layer_norm1'), x, layerNormEps);
  const layers = family === 'eva' ? ['qkv'] : ['q_proj', 'k_proj', 'v_proj'];
  const [query, key, value] = projectHeads(
    layers.map((name) => attention.scope(name)),
    normed,
    heads,
    3,
  ); // [B, H, S, d]
  const { context } = multiHeadAttention(query, { key, value }, { bias });
  const attended = x.add(linear(attention.scope(family === 'eva' ? 'projection' : 'out_proj'), context));
  const expanded = linear(w.scope('mlp.fc1'), layerNorm(w.scope('layer_norm2'), attended, layerNormEps));
  return attended.add(linear(w.scope('mlp.fc2'), ACTIVATIONS[config.hiddenAct](expanded)));
}

export function encoderLayerSpecs(name: string, config: EncoderLayerConfig): ParameterSpecs {
  const { hiddenSize: width, intermediateSize } = config;
  const square = (map: string) => linearSpecs(`${name}.self_attn.${map}`, width, width);
  const attention =
    config.family === 'eva'
      ? { ...linearSpecs(`${name}.self_attn.qkv`, width, 3 * width), ...square('projection') }
      : { ...square('q_proj'), ...square('k_proj'), ...square('v_proj'), ...square('out_proj') };
  return {
    ...layerNormSpecs(`${name}.layer_norm1`, width),
    ...attention,
    ...layerNormSpecs(`${name}.layer_norm2`, width),
    ...linearSpecs(`${name}.mlp.fc1`, width, intermediateSize),
    ...linearSpecs(`${name}.mlp.fc2`, intermediateSize, width),
  };
}
