/**
 * T5 (Raffel et al., 2020; Hugging Face's T5ForConditionalGeneration, whose names these are): the encoder-decoder
 * language model of BLIP-2, as FlanT5. The first version's feed-forward and head are understood, too.
 *
 * B prompts, P prompt positions, T target tokens, S rows of a sequence, D width, H heads, d width of a head,
 * V vocabulary. R rows grow at once, of up to N tokens (sequencer.ts).
 */
import { dropout, linear as multiply, tf, type Rng, type Tensor } from '../runtime';
import {
  ACTIVATIONS,
  embed,
  emptyCache,
  incrementalAttention,
  linear,
  multiHeadAttention,
  paddingBias,
  projectHeads,
  recomputable,
  rmsNorm,
  writeAt,
  type KeyValues,
  type Slots,
  type Weights,
} from '../nn';
import type { Family } from './family';
import type { LanguageTower, Prompt } from './languageTower';
import { causalMask } from './masks';
import { relativePositionBias, relativePositionBiasAt, type BucketOptions } from './relativePositionBias';
import type { Beginning, Feed, Room, Step } from './sequencer';
import { readT5Config, T5_MODEL_TYPE, t5Parameters, writeT5Config, type T5Config } from './t5Config';

/** A T5: the prompt goes into its encoder, the text comes out of its decoder. */
export interface T5Tower extends LanguageTower {
  /**
   * What the first block reads, what each block gives, and the last one's after the final norm, which is what the
   * decoder reads: layers + 2 tensors [B, P, D].
   */
  encoderStates(w: Weights, prompt: Prompt, rng?: Rng): Tensor[];
  /** The same of the decoder, given an encoder's output and a target int32 [B, T]: layers + 2 tensors [B, T, D]. */
  decoderStates(w: Weights, encoded: Prompt, target: Tensor, rng?: Rng): Tensor[];
}

/** T5 of every version and size, FlanT5 included, in folders. */
export const T5: Family<T5Config, T5Tower> = {
  modelType: T5_MODEL_TYPE,
  readConfig: readT5Config,
  writeConfig: writeT5Config,
  parameterName(name, { tieWordEmbeddings }) {
    if (/^(encoder|decoder)\.embed_tokens\.weight$/.test(name)) return 'shared.weight';
    if (name === 'lm_head.weight' && tieWordEmbeddings) return 'shared.weight';
    // Cross-attention knows no distances: a table that old files carry is not used.
    if (name === 'decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight') return undefined;
    return name;
  },
  build: t5,
};

/** What a prompt leaves behind for the decoder: keys and values [B, H, P, d] of its states for each block. */
type Encoded = { layers: KeyValues[]; mask: Tensor };

/** And what the start token leaves, which all texts begin with: keys and values [B, H, 1, d] for each block. */
type Memory = Encoded & { start: KeyValues[] };

function t5(config: T5Config): T5Tower {
  const { dModel, vocabSize } = config;

  function decoderStates(w: Weights, encoded: Prompt, target: Tensor, rng?: Rng): Tensor[] {
    return decode(w, config, crossMemory(w, config, encoded), shiftRight(config, target), { rng });
  }

  function encode(w: Weights, prompt: Prompt, rng?: Rng): Prompt {
    return { embeddings: encoderStates(w, config, prompt, rng).at(-1)!, mask: prompt.mask };
  }

  return {
    architecture: 'encoder-decoder',
    hiddenSize: dModel,
    vocabSize,
    tokens: { eos: config.eosTokenId, pad: config.padTokenId },
    parameters: () => t5Parameters(config),
    embed: (w, ids) => embed(w.scope('shared'), ids),
    encoderStates: (w, prompt, rng) => encoderStates(w, config, prompt, rng),
    decoderStates,
    logits: (w, prompt, target, rng) =>
      head(w, config, decoderStates(w, encode(w, prompt, rng), target, rng).at(-1)!),
    attentions(w, prompt, target) {
      const seen: Tensor[] = [];
      decode(w, config, crossMemory(w, config, encode(w, prompt)), shiftRight(config, target), { seen });
      return seen;
    },
    begin: (w, prompt, room) => begin(w, config, encode(w, prompt), room),
    step: (w, memory, cache, feed) => step(w, config, memory as Memory, cache as Slots[], feed),
  };
}

const buckets = (config: T5Config, bidirectional: boolean): BucketOptions => ({
  numBuckets: config.relativeAttentionNumBuckets,
  maxDistance: config.relativeAttentionMaxDistance,
  bidirectional,
});

/** The first block's table of relative positions serves all blocks of its stack. w: `encoder` or `decoder` */
const positionTable = (w: Weights): Weights =>
  w.scope('block.0.layer.0.SelfAttention.relative_attention_bias');

/** Layers + 2 tensors [B, P, D]; see `T5Tower`. */
function encoderStates(w: Weights, config: T5Config, { embeddings, mask }: Prompt, rng?: Rng): Tensor[] {
  const encoder = w.scope('encoder');
  const relative = relativePositionBias(positionTable(encoder), buckets(config, true), mask.shape[1]!);
  const bias = relative.add(paddingBias(mask)); // [B, H, P, P]
  const blockAt = (layer: number, x: Tensor) =>
    recomputable(encoder.scope(`block.${layer}`), { x, bias }, rng, (weights, given, draws) =>
      block(weights, config, given.x, { self: attendAll(config, given.bias, draws) }, draws),
    );
  return stack(encoder, config, embeddings, config.numLayers, blockAt, rng);
}

/** What the decoder's blocks read of an encoder's output. */
function crossMemory(w: Weights, config: T5Config, { embeddings, mask }: Prompt): Encoded {
  const layers = Array.from({ length: config.numDecoderLayers }, (_, i) => {
    const maps = w.scope(`decoder.block.${i}.layer.1.EncDecAttention`);
    const [key, value] = projectHeads([maps.scope('k'), maps.scope('v')], embeddings, config.numHeads);
    return { key, value }; // [B, H, P, d] each
  });
  return { layers, mask };
}

/** The start token, then the target but its last: int32 [B, T]. */
function shiftRight({ decoderStartTokenId }: T5Config, target: Tensor): Tensor {
  const [batch, length] = target.shape as [number, number];
  const start = tf.fill([batch, 1], decoderStartTokenId, 'int32');
  return tf.concat([start, target.slice([0, 0], [batch, length - 1])], 1);
}

/**
 * Teacher forcing: ids int32 [B, T], the start token first → layers + 2 tensors [B, T, D].
 * @param seen takes each block's probabilities over the encoder's output [B, H, T, P]
 */
function decode(
  w: Weights,
  config: T5Config,
  memory: Encoded,
  ids: Tensor,
  { rng, seen }: { rng?: Rng; seen?: Tensor[] } = {},
): Tensor[] {
  const decoder = w.scope('decoder');
  const length = ids.shape[1]!;
  const relative = relativePositionBias(positionTable(decoder), buckets(config, false), length);
  const bias = relative.add(causalMask(length)); // [1, H, T, T]
  const padding = paddingBias(memory.mask); // [B, 1, 1, P]
  const blockAt = (layer: number, x: Tensor) => {
    const args = { x, bias, padding, ...memory.layers[layer] };
    return recomputable(decoder.scope(`block.${layer}`), args, rng, (weights, given, draws) => {
      const self = attendAll(config, given.bias, draws);
      const read = attendAll(config, given.padding, draws, seen);
      const { key, value } = given;
      return block(weights, config, given.x, { self, cross: (query) => read(query, { key, value }) }, draws);
    });
  };
  const embedded = embed(w.scope('shared'), ids); // [B, T, D]
  return stack(decoder, config, embedded, config.numDecoderLayers, blockAt, rng);
}

/** Takes in the start token, which sees itself alone. */
function begin(w: Weights, config: T5Config, encoded: Prompt, { tokens, rowsPerPrompt }: Room): Beginning {
  const { numDecoderLayers, numHeads, dKv, decoderStartTokenId } = config;
  const batch = encoded.mask.shape[0];
  const { layers, mask } = crossMemory(w, config, encoded);
  const start: KeyValues[] = [];
  const self: AttendAt = (layer) => (_, own) => {
    start[layer] = own;
    return own.value.reshape([batch, 1, numHeads * dKv]);
  };
  const logits = decodeToken(
    w,
    config,
    { layers, mask },
    tf.fill([batch], decoderStartTokenId, 'int32'),
    self,
  );
  const empty = () => emptyCache(tokens, batch * rowsPerPrompt, numHeads, dKv);
  return { memory: { layers, mask, start }, cache: Array.from({ length: numDecoderLayers }, empty), logits };
}

/** Takes in one token per row, of which the start token is not one. */
function step(w: Weights, config: T5Config, memory: Memory, past: Slots[], feed: Feed): Step {
  const { tokens, position, origins } = feed;
  const [room] = past[0].key.shape;
  const place = position.add(tf.scalar(1, 'int32'));
  const table = positionTable(w.scope('decoder'));
  const relative = relativePositionBiasAt(table, buckets(config, false), place, 1 + room); // [1, H, 1, 1 + N]
  const [toStart, toWritten] = tf.split(relative, [1, room], 3);
  const cache: Slots[] = [];
  const self: AttendAt = (layer) => (query, own) => {
    cache[layer] = writeAt(past[layer], own, position);
    const read = { ...memory.start[layer], bias: toStart };
    const written = { ...cache[layer], position, origins, bias: toWritten };
    return incrementalAttention(query, { read, written }, 1); // [R, 1, H · d]
  };
  return { logits: decodeToken(w, config, memory, tokens, self), cache };
}

/** How each block's rows look at what was written. */
type AttendAt = (layer: number) => Attentions['self'];

/** One token per row: ids int32 [R] → logits [R, V]. */
function decodeToken(w: Weights, config: T5Config, prompt: Encoded, ids: Tensor, self: AttendAt): Tensor {
  const decoder = w.scope('decoder');
  const [rows] = ids.shape;
  const bias = paddingBias(prompt.mask); // [B, 1, 1, P]
  const attentionsAt = (layer: number): Attentions => ({
    self: self(layer),
    cross: (query) => incrementalAttention(query, { read: { ...prompt.layers[layer], bias } }, 1), // [R, 1, H · d]
  });
  const blockAt = (layer: number, x: Tensor) =>
    block(decoder.scope(`block.${layer}`), config, x, attentionsAt(layer));
  const embedded = embed(w.scope('shared'), ids.reshape([rows, 1])); // [R, 1, D]
  const states = stack(decoder, config, embedded, config.numDecoderLayers, blockAt);
  return head(w, config, states.at(-1)!).reshape([rows, config.vocabSize]);
}

/** [B, S, D] → [B, S, V] */
function head(w: Weights, config: T5Config, states: Tensor): Tensor {
  const scaled = config.scaleDecoderOutputs ? states.mul(config.dModel ** -0.5) : states;
  return multiply(scaled, w.matrix(config.tieWordEmbeddings ? 'shared.weight' : 'lm_head.weight'));
}

/**
 * What a block's rows look at, without the block knowing what that is: queries [B, H, S, d], and the rows' own keys
 * and values → the heads joined [B, S, H · d].
 */
interface Attentions {
  self: (query: Tensor, own: KeyValues) => Tensor;
  /** In the decoder: at the encoder's output. */
  cross?: (query: Tensor) => Tensor;
}

/** Attention over whole sequences. T5 does not divide scores by √d. @param seen takes the probabilities */
function attendAll(config: T5Config, bias: Tensor, rng: Rng | undefined, seen?: Tensor[]) {
  const options = { bias, scale: 1, dropout: config.dropoutRate, rng };
  return (query: Tensor, memory: KeyValues): Tensor => {
    const { context, probabilities } = multiHeadAttention(query, memory, options);
    seen?.push(probabilities());
    return context;
  };
}

/** All blocks, then the final norm: [B, S, D] → layers + 2 tensors [B, S, D]. */
function stack(
  w: Weights,
  config: T5Config,
  embeddings: Tensor,
  layers: number,
  blockAt: (layer: number, x: Tensor) => Tensor,
  rng?: Rng,
): Tensor[] {
  const states = [dropout(embeddings, config.dropoutRate, rng)];
  for (let layer = 0; layer < layers; layer++) states.push(blockAt(layer, states[layer]));
  const normed = rmsNorm(w.scope('final_layer_norm'), states[layers], config.layerNormEpsilon);
  return [...states, dropout(normed, config.dropoutRate, rng)];
}

/** [B, S, D] → [B, S, D] */
function block(w: Weights, config: T5Config, x: Tensor, { self, cross }: Attentions, rng?: Rng): Tensor {
  const { numHeads } = config;
  let rows = residual(w.scope('layer.0'), config, x, rng, (input, layer) => {
    const maps = layer.scope('SelfAttention');
    const layers = ['q', 'k', 'v'].map((map) => maps.scope(map));
    const [query, key, value] = projectHeads(layers, input, numHeads); // [B, H, S, d] each
    return linear(maps.scope('o'), self(query, { key, value }));
  });
  if (cross) {
    rows = residual(w.scope('layer.1'), config, rows, rng, (input, layer) => {
      const maps = layer.scope('EncDecAttention');
      const [query] = projectHeads([maps.scope('q')], input, numHeads);
      return linear(maps.scope('o'), cross(query));
    });
  }
  return residual(w.scope(`layer.${cross ? 2 : 1}`), config, rows, rng, (input, layer) =>
    feedForward(layer.scope('DenseReluDense'), config, input, rng),
  );
}

/** x + dropout(update(norm(x))) */
function residual(
  w: Weights,
  config: T5Config,
  x: Tensor,
  rng: Rng | undefined,
  update: (input: Tensor, w: Weights) => Tensor,
): Tensor {
  const input = rmsNorm(w.scope('layer_norm'), x, config.layerNormEpsilon);
  return x.add(dropout(update(input, w), config.dropoutRate, rng));
}

function feedForward(w: Weights, config: T5Config, x: Tensor, rng?: Rng): Tensor {
  const activation = ACTIVATIONS[config.denseActFn];
  const hidden = config.isGatedAct
    ? tf.mul(activation(linear(w.scope('wi_0'), x)), linear(w.scope('wi_1'), x))
    : activation(linear(w.scope('wi'), x)); // [B, S, F]
  return linear(w.scope('wo'), dropout(hidden, config.dropoutRate, rng));
}
