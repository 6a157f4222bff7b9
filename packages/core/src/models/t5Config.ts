/** T5's configuration and parameters (Hugging Face's T5Config and T5ForConditionalGeneration). */
import { z } from 'zod';
import type { ParameterSpecs } from '../runtime';
import { embeddingSpecs, matrixSpecs, repeatSpecs, rmsNormSpecs, type Activation } from '../nn';
import type { TensorNames } from './family';
import { field, parseConfig } from './parseConfig';

/** Names as in config.json. */
export interface T5Config {
  vocabSize: number;
  /** D */
  dModel: number;
  /** Width of a head; heads × dKv need not be dModel. */
  dKv: number;
  dFf: number;
  /** Of the encoder. */
  numLayers: number;
  numDecoderLayers: number;
  numHeads: number;
  relativeAttentionNumBuckets: number;
  relativeAttentionMaxDistance: number;
  dropoutRate: number;
  layerNormEpsilon: number;
  /** FlanT5's is `gelu_new`; LAVIS runs it with `gelu`. */
  denseActFn: Activation;
  /** T5 1.1 and FlanT5: act(wi_0 x) · (wi_1 x) in place of act(wi x). */
  isGatedAct: boolean;
  /** The head is the table of word embeddings (T5 1.0). */
  tieWordEmbeddings: boolean;
  /** The decoder's output times dModel^-½ before the head (T5 1.0). */
  scaleDecoderOutputs: boolean;
  padTokenId: number;
  eosTokenId: number;
  decoderStartTokenId: number;
}

export const T5_MODEL_TYPE = 't5';

function flanT5(dModel: number, dFf: number, layers: number, heads: number): T5Config {
  return {
    vocabSize: 32_128,
    dModel,
    dKv: 64,
    dFf,
    numLayers: layers,
    numDecoderLayers: layers,
    numHeads: heads,
    relativeAttentionNumBuckets: 32,
    relativeAttentionMaxDistance: 128,
    dropoutRate: 0.1,
    layerNormEpsilon: 1e-6,
    denseActFn: 'gelu_new',
    isGatedAct: true,
    tieWordEmbeddings: false,
    scaleDecoderOutputs: false,
    padTokenId: 0,
    eosTokenId: 1,
    decoderStartTokenId: 0,
  };
}

/** google/flan-t5-small and its larger sisters. */
export const FLAN_T5_SMALL = flanT5(512, 1024, 8, 6);
/** google/flan-t5-base. */
export const FLAN_T5_BASE = flanT5(768, 2048, 12, 12);
/** google/flan-t5-large. */
export const FLAN_T5_LARGE = flanT5(1024, 2816, 24, 16);
/** The paper's two. */
export const FLAN_T5_XL = flanT5(2048, 5120, 24, 32);
/** google/flan-t5-xxl. */
export const FLAN_T5_XXL = flanT5(4096, 10_240, 24, 64);

const schema = z.object({
  vocabSize: field.size.default(32_128),
  dModel: field.size.default(512),
  dKv: field.size.default(64),
  dFf: field.size.default(2048),
  numLayers: field.blocks.min(1).default(6),
  numDecoderLayers: field.blocks.min(1).optional(),
  numHeads: field.size.default(8),
  relativeAttentionNumBuckets: z.number().int().min(4).default(32),
  relativeAttentionMaxDistance: field.size.default(128),
  dropoutRate: field.probability.default(0.1),
  layerNormEpsilon: field.epsilon.default(1e-6),
  feedForwardProj: z.string().default('relu'),
  denseActFn: z.string().optional(),
  tieWordEmbeddings: z.boolean().default(true),
  scaleDecoderOutputs: z.boolean().optional(),
  padTokenId: field.count.default(0),
  eosTokenId: field.endToken.default(1),
  decoderStartTokenId: field.count.optional(),
});

/**
 * `feed_forward_proj` is an activation, or `gated-` and one (`gated-gelu` means the tanh form, as in T5 1.1), unless
 * `dense_act_fn` says otherwise. transformers 5 writes `tie_word_embeddings: true` for every T5; where outputs are not
 * scaled, the files tell whether the head is tied: those of T5 1.1 have one of their own, those of a model that
 * transformers 5 has initialised have none.
 */
export function readT5Config(json: Readonly<Record<string, unknown>>, files?: TensorNames): T5Config {
  const fields = parseConfig(schema, json, T5_MODEL_TYPE);
  const { feedForwardProj, denseActFn, tieWordEmbeddings, scaleDecoderOutputs, ...rest } = fields;
  const isGatedAct = feedForwardProj.startsWith('gated-');
  const named = feedForwardProj === 'gated-gelu' ? 'gelu_new' : feedForwardProj.replace(/^gated-/, '');
  const activation = z.object({ denseActFn: field.activation });
  const scaled = scaleDecoderOutputs ?? tieWordEmbeddings;
  return {
    ...rest,
    ...parseConfig(activation, { denseActFn: denseActFn ?? named }, T5_MODEL_TYPE),
    isGatedAct,
    numDecoderLayers: rest.numDecoderLayers ?? rest.numLayers,
    tieWordEmbeddings: tieWordEmbeddings && (scaled || files?.has('lm_head.weight') === false),
    scaleDecoderOutputs: scaled,
    decoderStartTokenId: rest.decoderStartTokenId ?? rest.padTokenId,
  };
}

/** See `Family.writeConfig`. */
export function writeT5Config(config: T5Config): Record<string, unknown> {
  const { isGatedAct, denseActFn } = config;
  const activation = denseActFn === 'gelu_new' && isGatedAct ? 'gelu' : denseActFn;
  return {
    modelType: T5_MODEL_TYPE,
    architectures: ['T5ForConditionalGeneration'],
    isEncoderDecoder: true,
    ...config,
    feedForwardProj: isGatedAct ? `gated-${activation}` : activation,
  };
}

/** T5's initial values (Hugging Face's, of T5 1.1); a head of its own starts as in T5X, with logits of unit variance. */
export function t5Parameters(config: T5Config): ParameterSpecs {
  const { vocabSize, dModel, tieWordEmbeddings } = config;
  return {
    ...embeddingSpecs('shared', vocabSize, dModel, 1),
    ...stackSpecs('encoder', config, config.numLayers),
    ...stackSpecs('decoder', config, config.numDecoderLayers),
    ...(tieWordEmbeddings ? {} : matrixSpecs('lm_head', dModel, vocabSize)),
  };
}

function stackSpecs(stack: 'encoder' | 'decoder', config: T5Config, layers: number): ParameterSpecs {
  const { dModel, numHeads, relativeAttentionNumBuckets } = config;
  const table = `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias`;
  return {
    ...embeddingSpecs(table, relativeAttentionNumBuckets, numHeads, dModel ** -0.5),
    ...repeatSpecs(`${stack}.block`, layers, (name) => ({
      ...attentionSpecs(`${name}.layer.0`, 'SelfAttention', config),
      ...(stack === 'decoder' ? attentionSpecs(`${name}.layer.1`, 'EncDecAttention', config) : {}),
      ...feedForwardSpecs(`${name}.layer.${stack === 'decoder' ? 2 : 1}`, config),
    })),
    ...rmsNormSpecs(`${stack}.final_layer_norm`, dModel),
  };
}

function attentionSpecs(
  name: string,
  attention: string,
  { dModel, dKv, numHeads }: T5Config,
): ParameterSpecs {
  const inner = numHeads * dKv;
  return {
    ...rmsNormSpecs(`${name}.layer_norm`, dModel),
    // The scores are not divided by √dKv: the queries start smaller instead.
    ...matrixSpecs(`${name}.${attention}.q`, dModel, inner, (dModel * dKv) ** -0.5),
    ...matrixSpecs(`${name}.${attention}.k`, dModel, inner),
    ...matrixSpecs(`${name}.${attention}.v`, dModel, inner),
    ...matrixSpecs(`${name}.${attention}.o`, inner, dModel),
  };
}

function feedForwardSpecs(name: string, { dModel, dFf, isGatedAct }: T5Config): ParameterSpecs {
  const map = (layer: string) => matrixSpecs(`${name}.DenseReluDense.${layer}`, dModel, dFf);
  return {
    ...rmsNormSpecs(`${name}.layer_norm`, dModel),
    ...(isGatedAct ? { ...map('wi_0'), ...map('wi_1') } : map('wi')),
    ...matrixSpecs(`${name}.DenseReluDense.wo`, dFf, dModel),
  };
}
