/**
 * BERT (Devlin et al., 2019) with its head for masked words: transformers' BertForMaskedLM, whose names these are.
 * B batch, T tokens, D width, V vocabulary.
 */
import { z } from 'zod';
import { dropout, linear as multiply, tf, type ParameterSpecs, type Rng, type Tensor } from '../runtime';
import {
  ACTIVATIONS,
  bertLayer,
  bertLayerSpecs,
  embed,
  embeddingSpecs,
  layerNorm,
  layerNormSpecs,
  linear,
  linearSpecs,
  multiHeadAttention,
  paddingBias,
  repeatSpecs,
  type BertLayerConfig,
  type Matrix,
  type Weights,
} from '../nn';
import type { Family } from './family';
import { checkHeads, field, parseConfig } from './parseConfig';

/** Hugging Face's config.json. */
export interface BertConfig extends BertLayerConfig {
  numHiddenLayers: number;
  vocabSize: number;
  maxPositionEmbeddings: number;
  typeVocabSize: number;
  /** Standard deviation of initial matrices and embeddings. */
  initializerRange: number;
}

export interface BertText {
  /** int32 [B, T] */
  ids: Tensor;
  /** 1 real, 0 padding, int32 [B, T] */
  mask: Tensor;
  /** int32 [B, T]; 0 everywhere unless given. */
  tokenTypes?: Tensor;
}

export interface Bert {
  parameters(): ParameterSpecs;
  /** The embeddings, then each block's states: layers + 1 tensors [B, T, D]. */
  states(w: Weights, text: BertText, rng?: Rng): Tensor[];
  /** Of the word at each place: [B, T, V]. */
  logits(w: Weights, text: BertText, rng?: Rng): Tensor;
}

const fields = z.object({
  vocabSize: field.size.default(30_522),
  hiddenSize: field.size.default(768),
  numHiddenLayers: field.blocks.default(12),
  numAttentionHeads: field.size.default(12),
  intermediateSize: field.size.default(3072),
  hiddenAct: field.activation.default('gelu'),
  hiddenDropoutProb: field.probability.default(0.1),
  attentionProbsDropoutProb: field.probability.default(0.1),
  maxPositionEmbeddings: field.size.default(512),
  typeVocabSize: field.size.default(2),
  initializerRange: field.epsilon.default(0.02),
  layerNormEps: field.epsilon.default(1e-12),
});

/** What BERTs for masked words are. */
const fixed = z.object({
  isDecoder: z.literal(false).default(false),
  positionEmbeddingType: z.literal('absolute').default('absolute'),
});

/** BERT for masked words, in folders. */
export const BERT: Family<BertConfig, Bert> = {
  modelType: 'bert',
  readConfig(json) {
    parseConfig(fixed, json, 'bert');
    const config = parseConfig(fields, json, 'bert');
    checkHeads('bert', config.hiddenSize, config.numAttentionHeads);
    return config;
  },
  writeConfig: (config) => ({ modelType: 'bert', architectures: ['BertForMaskedLM'], ...config }),
  build: (config) => ({
    parameters: () => bertParameters(config),
    states: (w, text, rng) => bertStates(w, config, text, rng),
    logits(w, text, rng) {
      const last = bertStates(w, config, text, rng).at(-1)!;
      return wordLogits(w.scope('cls.predictions'), config, last, w.matrix(`${WORDS}.weight`));
    },
  }),
  parameterName: bertName,
};

const WORDS = 'bert.embeddings.word_embeddings';

/**
 * The name of today for one of any age, the tied tensor's for a copy of it; undefined for buffers and for the head that
 * judges next sentences.
 */
export function bertName(name: string): string | undefined {
  if (/^(bert\.pooler|cls\.seq_relationship)\.|\.position_ids$/.test(name)) return undefined;
  if (name === 'cls.predictions.decoder.weight') return `${WORDS}.weight`;
  if (name === 'cls.predictions.decoder.bias') return 'cls.predictions.bias';
  return name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
}

/** The embeddings, then each block's states: layers + 1 tensors [B, T, D]. */
export function bertStates(w: Weights, config: BertConfig, text: BertText, rng?: Rng): Tensor[] {
  const bias = paddingBias(text.mask); // [B, 1, 1, T]
  const states = [embedTokens(w.scope('bert.embeddings'), config, text, rng)];
  for (let i = 0; i < config.numHiddenLayers; i++) {
    const next = bertLayer(w.scope(`bert.encoder.layer.${i}`), config, states[i], {
      attend: (query, own, rate) => multiHeadAttention(query, own, { bias, dropout: rate, rng }).context,
      rng,
    });
    states.push(next);
  }
  return states;
}

function embedTokens(w: Weights, config: BertConfig, { ids, tokenTypes }: BertText, rng?: Rng): Tensor {
  const words = embed(w.scope('word_embeddings'), ids); // [B, T, D]
  const types = embed(w.scope('token_type_embeddings'), tokenTypes ?? tf.zeros([1, 1], 'int32'));
  const positions = w.get('position_embeddings.weight').slice([0, 0], [ids.shape[1]!, -1]); // [T, D]
  const sum = words.add(types).add(positions);
  return dropout(layerNorm(w.scope('LayerNorm'), sum, config.layerNormEps), config.hiddenDropoutProb, rng);
}

/**
 * BERT's language head, which BLIP's decoder has too: states [..., D] → logits [..., V].
 *
 * @param w scope `cls.predictions`
 * @param words the table of word embeddings, to which the head is tied
 */
export function wordLogits(
  w: Weights,
  config: Pick<BertLayerConfig, 'hiddenAct' | 'layerNormEps'>,
  states: Tensor,
  words: Matrix,
): Tensor {
  const hidden = ACTIVATIONS[config.hiddenAct](linear(w.scope('transform.dense'), states));
  return multiply(
    layerNorm(w.scope('transform.LayerNorm'), hidden, config.layerNormEps),
    words,
    w.get('bias'),
  );
}

/** Names as in the state dict of BertForMaskedLM. */
export function bertParameters(config: BertConfig): ParameterSpecs {
  const { hiddenSize: width, initializerRange: std } = config;
  return {
    ...embeddingSpecs(WORDS, config.vocabSize, width, std),
    ...embeddingSpecs('bert.embeddings.position_embeddings', config.maxPositionEmbeddings, width, std),
    ...embeddingSpecs('bert.embeddings.token_type_embeddings', config.typeVocabSize, width, std),
    ...layerNormSpecs('bert.embeddings.LayerNorm', width),
    ...repeatSpecs('bert.encoder.layer', config.numHiddenLayers, (name) =>
      bertLayerSpecs(name, config, { std }),
    ),
    ...wordHeadSpecs('cls.predictions', config),
  };
}

/** Of `wordLogits`; the table of words is not among them. */
export function wordHeadSpecs(
  name: string,
  config: { hiddenSize: number; vocabSize: number; initializerRange?: number },
): ParameterSpecs {
  const { hiddenSize: width, vocabSize, initializerRange: std } = config;
  return {
    ...linearSpecs(`${name}.transform.dense`, width, width, std),
    ...layerNormSpecs(`${name}.transform.LayerNorm`, width),
    [`${name}.bias`]: { shape: [vocabSize], init: { kind: 'zeros' } },
  };
}
