/**
 * Llama (Touvron et al., 2023; Hugging Face's LlamaForCausalLM, whose names these are), added from outside: the example
 * of docs/language-models.md. RMSNorm, rotary positions, SwiGLU, and several query heads to a key.
 *
 * B batch, S rows, D width, F of the feed-forward, H query heads, G key heads, d width of a head, V vocabulary.
 */
import { z } from 'zod';
import {
  decoderOnly,
  field,
  nn,
  parseConfig,
  tf,
  type BlockContext,
  type DecoderOnlyTower,
  type Family,
  type ParameterSpecs,
  type Tensor,
} from '@blip2/core';

const { embed, linear, matrixSpecs, projectHeads, rmsNorm, rmsNormSpecs } = nn;

const schema = z
  .object({
    vocabSize: field.size.default(32_000),
    hiddenSize: field.size.default(4096),
    intermediateSize: field.size.default(11_008),
    numHiddenLayers: field.size.default(32),
    numAttentionHeads: field.size.default(32),
    /** G; as many as query heads unless given. */
    numKeyValueHeads: field.size.optional(),
    headDim: field.size.optional(),
    maxPositionEmbeddings: field.size.default(2048),
    hiddenAct: field.activation.default('silu'),
    rmsNormEps: field.epsilon.default(1e-6),
    /** In newer files inside `rope_parameters`. */
    ropeTheta: field.epsilon.default(10_000),
    ropeParameters: z
      .object({ ropeTheta: field.epsilon, ropeType: z.literal('default') })
      .partial()
      .default({}),
    /** Positions stretched beyond those of training are another formula, and refused. */
    ropeScaling: z.never().optional(),
    tieWordEmbeddings: z.boolean().default(false),
    bosTokenId: field.count.default(1),
    eosTokenId: field.count.default(2),
    padTokenId: field.count.default(0),
  })
  .transform(({ ropeParameters, ropeScaling: _, ...config }) => ({
    ...config,
    ropeTheta: ropeParameters.ropeTheta ?? config.ropeTheta,
    numKeyValueHeads: config.numKeyValueHeads ?? config.numAttentionHeads,
    headDim: config.headDim ?? config.hiddenSize / config.numAttentionHeads,
  }));

export type LlamaConfig = z.output<typeof schema>;

export const LLAMA: Family<LlamaConfig, DecoderOnlyTower> = {
  modelType: 'llama',
  readConfig: (json) => parseConfig(schema, json, 'llama'),
  writeConfig: (config) => ({ modelType: 'llama', architectures: ['LlamaForCausalLM'], ...config }),
  parameterName(name, config) {
    if (name.endsWith('rotary_emb.inv_freq')) return undefined; // old files carry what can be computed
    return name === 'lm_head.weight' ? headName(config) : name;
  },
  build: (config) =>
    decoderOnly({
      hiddenSize: config.hiddenSize,
      vocabSize: config.vocabSize,
      tokens: { bos: config.bosTokenId, eos: config.eosTokenId, pad: config.padTokenId },
      numHiddenLayers: config.numHiddenLayers,
      maxPositions: config.maxPositionEmbeddings,
      parameters: () => llamaParameters(config),
      embed: (w, ids) => embed(w.scope('model.embed_tokens'), ids),
      enter: (_w, embeddings) => embeddings, // positions turn queries and keys instead
      block: (w, layer, x, context) => block(w.scope(`model.layers.${layer}`), config, x, context),
      head(w, states) {
        const normed = rmsNorm(w.scope('model.norm'), states, config.rmsNormEps);
        return linear(w.scope(headName(config).replace('.weight', '')), normed);
      },
    }),
};

const headName = (config: LlamaConfig) =>
  config.tieWordEmbeddings ? 'model.embed_tokens.weight' : 'lm_head.weight';

/** [B, S, D] → [B, S, D] */
function block(w: nn.Weights, config: LlamaConfig, x: Tensor, context: BlockContext): Tensor {
  const normed = rmsNorm(w.scope('input_layernorm'), x, config.rmsNormEps);
  const attended = x.add<Tensor>(attention(w.scope('self_attn'), config, normed, context));
  const input = rmsNorm(w.scope('post_attention_layernorm'), attended, config.rmsNormEps);
  const mlp = w.scope('mlp');
  const gate = nn.ACTIVATIONS[config.hiddenAct](linear(mlp.scope('gate_proj'), input)); // [B, S, F]
  return attended.add(linear(mlp.scope('down_proj'), gate.mul(linear(mlp.scope('up_proj'), input))));
}

function attention(w: nn.Weights, config: LlamaConfig, x: Tensor, { attend, positions }: BlockContext) {
  const { numAttentionHeads: heads, numKeyValueHeads: groups, headDim, ropeTheta } = config;
  const [query] = projectHeads([w.scope('q_proj')], x, heads); // [B, H, S, d]
  const [key, value] = projectHeads([w.scope('k_proj'), w.scope('v_proj')], x, groups); // [B, G, S, d]
  const rotate = rotary(positions, headDim, ropeTheta);
  const own = { key: spread(rotate(key), heads), value: spread(value, heads) };
  return linear(w.scope('o_proj'), attend(rotate(query), own));
}

/** Turns each pair (i, i + d/2) of a head by position · theta^(−2i/d): [B, heads, S, d] → [B, heads, S, d]. */
function rotary(positions: Tensor, width: number, theta: number): (x: Tensor) => Tensor {
  const [batch, rows] = positions.shape as [number, number];
  const exponents = tf.range(0, width, 2).div(-width); // [d/2]
  const angles = positions.toFloat().reshape([batch, 1, rows, 1]).mul(tf.pow(theta, exponents)); // [B, 1, S, d/2]
  const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
  return (x) => {
    const [first, second] = tf.split(x, 2, 3);
    return tf.concat([first.mul(cos).sub(second.mul(sin)), second.mul(cos).add(first.mul(sin))], 3);
  };
}

/** Each key for the query heads that share it: [B, G, S, d] → [B, H, S, d]. */
function spread(x: Tensor, heads: number): Tensor {
  const [batch, groups, rows, width] = x.shape as [number, number, number, number];
  // Added to zeros, not tiled: the gradient is then one sum.
  const copies = x.reshape([batch, groups, 1, rows * width]).add(tf.zeros([heads / groups, 1]));
  return copies.reshape([batch, heads, rows, width]);
}

function llamaParameters(config: LlamaConfig): ParameterSpecs {
  const { hiddenSize: width, intermediateSize, headDim, vocabSize, numHiddenLayers } = config;
  const queries = config.numAttentionHeads * headDim;
  const keys = config.numKeyValueHeads * headDim;
  return {
    ...nn.embeddingSpecs('model.embed_tokens', vocabSize, width, 0.02),
    ...nn.repeatSpecs('model.layers', numHiddenLayers, (name) => ({
      ...rmsNormSpecs(`${name}.input_layernorm`, width),
      ...matrixSpecs(`${name}.self_attn.q_proj`, width, queries),
      ...matrixSpecs(`${name}.self_attn.k_proj`, width, keys),
      ...matrixSpecs(`${name}.self_attn.v_proj`, width, keys),
      ...matrixSpecs(`${name}.self_attn.o_proj`, queries, width),
      ...rmsNormSpecs(`${name}.post_attention_layernorm`, width),
      ...matrixSpecs(`${name}.mlp.gate_proj`, width, intermediateSize),
      ...matrixSpecs(`${name}.mlp.up_proj`, width, intermediateSize),
      ...matrixSpecs(`${name}.mlp.down_proj`, intermediateSize, width),
    })),
    ...rmsNormSpecs('model.norm', width),
    ...(config.tieWordEmbeddings ? {} : matrixSpecs('lm_head', width, vocabSize)),
  };
}
