/**
 * OPT (Zhang et al., 2022; Hugging Face's OPTForCausalLM, whose names these are): the decoder-only language model of
 * BLIP-2. All sizes: 350m is the odd one, with norms after the residual sums, none at the end, and embeddings narrower
 * than its blocks.
 *
 * B batch, S rows, D width of the embeddings, W width of the blocks, F of their feed-forward, H heads, V vocabulary.
 */
import { z } from 'zod';
import {
  dropout,
  layerNorm as normalise,
  tf,
  type ParameterSpec,
  type ParameterSpecs,
  type Rng,
  type Tensor,
} from '../runtime';
import {
  ACTIVATIONS,
  embed,
  embeddingSpecs,
  layerNorm,
  layerNormSpecs,
  linear,
  linearSpecs,
  matrixSpecs,
  projectHeads,
  repeatSpecs,
  type Weights,
} from '../nn';
import { decoderOnly, type BlockContext, type DecoderOnlyTower } from './decoderOnly';
import type { Family } from './family';
import { checkHeads, field, parseConfig } from './parseConfig';

const DECODER = 'model.decoder';
const LAYER_NORM_EPS = 1e-5;
/** The table's first two rows stand for no position; padding, at position −1, gets the second. */
const POSITION_OFFSET = 2;

const schema = z.object({
  vocabSize: field.size.default(50_272),
  /** W */
  hiddenSize: field.size.default(768),
  /** D; W where it is absent. */
  wordEmbedProjDim: field.size.optional(),
  numHiddenLayers: field.blocks.min(1).default(12),
  numAttentionHeads: field.size.default(12),
  ffnDim: field.size.default(3072),
  maxPositionEmbeddings: field.size.default(2048),
  activationFunction: field.activation.default('relu'),
  /** False for 350m: norms stand after the residual sums. */
  doLayerNormBefore: z.boolean().default(true),
  /** `_remove_final_layer_norm`: models that were fine-tuned before transformers knew of the last norm. */
  RemoveFinalLayerNorm: z.boolean().default(false),
  /** Of the blocks' matrices. */
  enableBias: z.boolean().default(true),
  layerNormElementwiseAffine: z.boolean().default(true),
  tieWordEmbeddings: z.boolean().default(true),
  dropout: field.probability.default(0.1),
  /** Of attention's probabilities. */
  attentionDropout: field.probability.default(0),
  initStd: field.epsilon.default(0.02),
  bosTokenId: field.count.default(2),
  /** BLIP-2's files say 50118, a line's end. */
  eosTokenId: field.endToken.default(2),
  padTokenId: field.count.default(1),
});

/** Hugging Face's config.json. (`layerdrop` is not among the fields: no published size has any.) */
export type OptConfig = z.output<typeof schema> & { wordEmbedProjDim: number };

/** OPT of every size, in folders. */
export const OPT: Family<OptConfig, DecoderOnlyTower> = {
  modelType: 'opt',
  readConfig(json) {
    const config = parseConfig(schema, json, 'opt');
    checkHeads('opt', config.hiddenSize, config.numAttentionHeads);
    return { ...config, wordEmbedProjDim: config.wordEmbedProjDim ?? config.hiddenSize };
  },
  writeConfig: (config) => ({ modelType: 'opt', architectures: ['OPTForCausalLM'], ...config }),
  parameterName(name, { tieWordEmbeddings }) {
    if (name === 'lm_head.weight' && tieWordEmbeddings) return `${DECODER}.embed_tokens.weight`;
    const inside = /^(?:model\.)?decoder\.(.+)$/.exec(name)?.[1];
    if (inside === 'version') return undefined; // a mark that old files carry
    return inside === undefined ? name : `${DECODER}.${inside}`;
  },
  build: opt,
};

function published(hiddenSize: number, layers: number, heads: number, own: object = {}): OptConfig {
  const sizes = { numHiddenLayers: layers, numAttentionHeads: heads, ffnDim: 4 * hiddenSize };
  return OPT.readConfig({ hiddenSize, ...sizes, ...own });
}

/** facebook/opt-125m and its larger sisters. */
export const OPT_125M = published(768, 12, 12);
/** facebook/opt-350m. */
export const OPT_350M = published(1024, 24, 16, { wordEmbedProjDim: 512, doLayerNormBefore: false });
/** facebook/opt-1.3b. */
export const OPT_1_3B = published(2048, 24, 32);
/** The paper's two. */
export const OPT_2_7B = published(2560, 32, 32);
/** facebook/opt-6.7b. */
export const OPT_6_7B = published(4096, 32, 32);

function opt(config: OptConfig): DecoderOnlyTower {
  return decoderOnly({
    hiddenSize: config.wordEmbedProjDim,
    vocabSize: config.vocabSize,
    tokens: { bos: config.bosTokenId, eos: config.eosTokenId, pad: config.padTokenId },
    numHiddenLayers: config.numHiddenLayers,
    maxPositions: config.maxPositionEmbeddings,
    parameters: () => optParameters(config),
    embed: (w, ids) => embed(w.scope(`${DECODER}.embed_tokens`), ids),
    enter: (w, embeddings, positions) => enter(w.scope(DECODER), config, embeddings, positions),
    block: (w, layer, x, context) => block(w.scope(`${DECODER}.layers.${layer}`), config, x, context),
    head: (w, states) => head(w, config, states),
  });
}

/** [B, S, D] → [B, S, W] */
function enter(w: Weights, config: OptConfig, embeddings: Tensor, positions: Tensor): Tensor {
  const x = isProjected(config) ? linear(w.scope('project_in'), embeddings) : embeddings;
  return x.add(embed(w.scope('embed_positions'), positions.add(tf.scalar(POSITION_OFFSET, 'int32'))));
}

function block(w: Weights, config: OptConfig, x: Tensor, context: BlockContext): Tensor {
  const attended = residual(w.scope('self_attn_layer_norm'), config, x, context.rng, (input) =>
    attention(w.scope('self_attn'), config, input, context),
  );
  return residual(w.scope('final_layer_norm'), config, attended, context.rng, (input) =>
    linear(w.scope('fc2'), ACTIVATIONS[config.activationFunction](linear(w.scope('fc1'), input))),
  );
}

/** x + update(norm(x)), or norm(x + update(x)). */
function residual(
  norm: Weights,
  config: OptConfig,
  x: Tensor,
  rng: Rng | undefined,
  update: (input: Tensor) => Tensor,
): Tensor {
  const isBefore = config.doLayerNormBefore;
  const sum = x.add(dropout(update(isBefore ? normed(norm, config, x) : x), config.dropout, rng));
  return isBefore ? sum : normed(norm, config, sum);
}

function attention(w: Weights, config: OptConfig, x: Tensor, { attend }: BlockContext): Tensor {
  const layers = ['q_proj', 'k_proj', 'v_proj'].map((name) => w.scope(name));
  const [query, key, value] = projectHeads(layers, x, config.numAttentionHeads); // [B, H, S, d]
  return linear(w.scope('out_proj'), attend(query, { key, value }, config.attentionDropout));
}

/** [B, S, W] → [B, S, V] */
function head(w: Weights, config: OptConfig, states: Tensor): Tensor {
  const decoder = w.scope(DECODER);
  const last = hasFinalNorm(config) ? normed(decoder.scope('final_layer_norm'), config, states) : states;
  const narrow = isProjected(config) ? linear(decoder.scope('project_out'), last) : last; // [B, S, D]
  return linear(config.tieWordEmbeddings ? decoder.scope('embed_tokens') : w.scope('lm_head'), narrow);
}

function normed(w: Weights, config: OptConfig, x: Tensor): Tensor {
  if (config.layerNormElementwiseAffine) return layerNorm(w, x, LAYER_NORM_EPS);
  const width = [config.hiddenSize];
  return normalise(x, tf.ones(width), tf.zeros(width), LAYER_NORM_EPS);
}

const isProjected = (config: OptConfig) => config.wordEmbedProjDim !== config.hiddenSize;
const hasFinalNorm = (config: OptConfig) => config.doLayerNormBefore && !config.RemoveFinalLayerNorm;

/** Names as in the state dict of OPTForCausalLM. */
export function optParameters(config: OptConfig): ParameterSpecs {
  const { hiddenSize: width, wordEmbedProjDim: narrow, initStd: std, vocabSize } = config;
  const positions = config.maxPositionEmbeddings + POSITION_OFFSET;
  return {
    ...embeddingSpecs(`${DECODER}.embed_tokens`, vocabSize, narrow, std),
    ...embeddingSpecs(`${DECODER}.embed_positions`, positions, width, std),
    ...(isProjected(config)
      ? {
          ...matrixSpecs(`${DECODER}.project_in`, narrow, width, std),
          ...matrixSpecs(`${DECODER}.project_out`, width, narrow, std),
        }
      : {}),
    ...(hasFinalNorm(config) ? normSpecs(`${DECODER}.final_layer_norm`, config) : {}),
    ...repeatSpecs(`${DECODER}.layers`, config.numHiddenLayers, (name) => blockSpecs(name, config)),
    ...(config.tieWordEmbeddings ? {} : matrixSpecs('lm_head', narrow, vocabSize, std)),
  };
}

function blockSpecs(name: string, config: OptConfig): ParameterSpecs {
  const { hiddenSize: width, ffnDim, enableBias, initStd: std } = config;
  const layer = (at: string, fanIn: number, fanOut: number): Record<string, ParameterSpec> =>
    (enableBias ? linearSpecs : matrixSpecs)(`${name}.${at}`, fanIn, fanOut, std);
  return {
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].reduce<ParameterSpecs>(
      (specs, map) => ({ ...specs, ...layer(`self_attn.${map}`, width, width) }),
      {},
    ),
    ...normSpecs(`${name}.self_attn_layer_norm`, config),
    ...layer('fc1', width, ffnDim),
    ...layer('fc2', ffnDim, width),
    ...normSpecs(`${name}.final_layer_norm`, config),
  };
}

const normSpecs = (name: string, config: OptConfig): ParameterSpecs =>
  config.layerNormElementwiseAffine ? layerNormSpecs(name, config.hiddenSize) : {};
