/**
 * The Q-Former (BLIP-2, section 3.1): BERT whose learned queries read an image through cross-attention. Queries and
 * text share self-attention and part in the feed-forward layers. Exact form: LAVIS's blip2_models/Qformer.py. Names
 * are those of Hugging Face's Blip2ForImageTextRetrieval.
 *
 * B batch, Q queries, P patches, T text tokens, S = Q + T rows, D width, W width of the image, H heads, d = D / H.
 */
import {
  Blip2Error,
  dropout,
  gelu,
  isRecomputing,
  matmul,
  tf,
  type NormedRows,
  type Rng,
  type Tensor,
} from '../runtime';
import {
  addNorm,
  embed,
  extendMemory,
  layerNorm,
  linear,
  multiHeadAttention,
  projectHeads,
  recomputable,
  takeBatch,
  type AttentionOutput,
  type KeyValues,
  type Weights,
} from '../nn';
import type { QformerConfig } from './qformerConfig';

/**
 * What the queries read: keys and values of the image [B, H, P, d] for each block that has cross-attention. There may be
 * fewer images than texts: as many texts belong to each, image by image.
 */
export type ImageMemory = Record<number, KeyValues>;

export interface QformerInput {
  /** The queries [1, Q, D], the same for every image; they need `image`. */
  queries?: Tensor;
  image?: ImageMemory;
  /** Embedded text [B, T, D] (`embedText`). */
  text?: Tensor;
  /** Added to the scores of self-attention [B, 1, S, columns] (masks.ts); without it all is seen. */
  mask?: Tensor;
  /**
   * Zeros that are added to the probabilities of cross-attention, for blocks that read the image: `[layer]` → [B, H, Q, P]
   * (`attentionProbes`). Their gradient is that of the probabilities.
   */
  probes?: Record<number, Tensor>;
  /** Keys and values, per block, of rows that came before: the mask's first columns. */
  past?: KeyValues[];
  /** Draws dropout; without it there is none. */
  rng?: Rng;
}

export interface QformerOutput {
  /** [B, Q, D], if there were queries. */
  queries?: Tensor;
  /** [B, T, D], if there was text. */
  text?: Tensor;
  /** Of self-attention, per block: [B, H, columns, d]. */
  keyValues: KeyValues[];
  /** Probabilities over queries and text: `[layer]` → [B, H, S, columns]. */
  selfAttentions: Tensor[];
  /** Probabilities over the image, for blocks that read it: `[layer]` → [B, H, Q, P]; column 0 is its class token. */
  crossAttentions: Record<number, Tensor>;
}

/** One pass over queries, text, or both; queries come first. */
export function qformer(w: Weights, config: QformerConfig, input: QformerInput): QformerOutput {
  const norm = layerNorm(w.scope('qformer.layernorm'), join(broadcastQueries(input)), config.layerNormEps);
  const embedded = dropout(norm, config.hiddenDropoutProb, input.rng); // [B, S, D]
  const blocks: Block[] = [];
  let rows = split(embedded, input.queries?.shape[1] ?? 0);
  for (let i = 0; i < config.numHiddenLayers; i++) {
    const past = input.past?.[i];
    const around = { ...input, past, image: input.image?.[i], probe: input.probes?.[i] };
    const layer = w.scope(`qformer.encoder.layer.${i}`);
    if (isRecomputing()) {
      rows = recomputedRows(layer, config, rows, around);
      continue;
    }
    const done = block(layer, config, rows, around);
    blocks.push(done);
    rows = done.rows;
  }
  const isKept = !isRecomputing();
  // Computed when they are first asked for, and once.
  let self: Tensor[] | undefined;
  let cross: Record<number, Tensor> | undefined;
  return {
    ...rows,
    keyValues: blocks.map(({ keyValues }) => keyValues),
    get selfAttentions() {
      return (self ??= blocks.map(({ selfAttention }) => selfAttention()));
    },
    get crossAttentions() {
      if (!isKept) return notKept();
      return (cross ??= Object.fromEntries(
        blocks.flatMap(({ crossAttention }, layer) => (crossAttention ? [[layer, crossAttention()]] : [])),
      ));
    },
  };
}

/** In the place of attention maps: whoever asks for one is told why there is none. */
function notKept(): Record<number, Tensor> {
  return new Proxy<Record<number, Tensor>>(
    {},
    {
      get(_, layer) {
        if (typeof layer === 'symbol') return undefined;
        throw new Blip2Error(
          `Attention maps are not kept where blocks are recomputed (${layer} was asked for)`,
          {
            hint: 'Train without `recompute`, or use a loss that needs no attention maps.',
          },
        );
      },
    },
  );
}

/** Word + position embeddings; positions count from 0 in the text alone: ids int32 [B, T] → [B, T, D]. */
export function embedText(w: Weights, ids: Tensor): Tensor {
  const positions = w.get('embeddings.position_embeddings.weight').slice([0, 0], [ids.shape[1]!, -1]); // [T, D]
  return embed(w.scope('embeddings.word_embeddings'), ids).add(positions);
}

/** Keys and values of the image [B, P, W], to be read by any number of passes. */
export function imageMemory(w: Weights, config: QformerConfig, image: Tensor | NormedRows): ImageMemory {
  const memory: ImageMemory = {};
  for (let i = 0; i < config.numHiddenLayers; i += config.crossAttentionFrequency) {
    const maps = w.scope(`qformer.encoder.layer.${i}.crossattention.attention`);
    const [key, value] = projectHeads(
      [maps.scope('key'), maps.scope('value')],
      image,
      config.numAttentionHeads,
    );
    memory[i] = { key, value }; // [B, H, P, d] each
  }
  return memory;
}

/** Zeros for `QformerInput.probes`, for images of P tokens. */
export function attentionProbes(
  config: QformerConfig,
  batch: number,
  tokens: number,
): Record<number, Tensor> {
  const { numAttentionHeads, numQueryTokens, numHiddenLayers, crossAttentionFrequency } = config;
  const probes: Record<number, Tensor> = {};
  for (let i = 0; i < numHiddenLayers; i += crossAttentionFrequency) {
    probes[i] = tf.zeros([batch, numAttentionHeads, numQueryTokens, tokens]);
  }
  return probes;
}

/** The memory of chosen images, by `indices` int32 [N] into the batch: [B, H, P, d] → [N, H, P, d]. */
export function selectImages(memory: ImageMemory, indices: Tensor): ImageMemory {
  const chosen = Object.entries(memory).map(([layer, { key, value }]) => [
    layer,
    { key: takeBatch(key, indices), value: takeBatch(value, indices) },
  ]);
  return Object.fromEntries(chosen) as ImageMemory;
}

/** The images of two memories, one after the other. */
export function concatImages(first: ImageMemory, second: ImageMemory): ImageMemory {
  const both = Object.entries(first).map(([layer, { key, value }]) => {
    const more = second[Number(layer)];
    return [layer, { key: tf.concat([key, more.key], 0), value: tf.concat([value, more.value], 0) }];
  });
  return Object.fromEntries(both) as ImageMemory;
}

/** The two parts of a sequence: queries [B, Q, D], text [B, T, D]. */
interface Rows {
  queries?: Tensor;
  text?: Tensor;
}

interface Block {
  rows: Rows;
  keyValues: KeyValues;
  selfAttention: AttentionOutput['probabilities'];
  crossAttention?: AttentionOutput['probabilities'];
}

/** What a block sees beside its rows: the pass's input, cut to this block. */
type BlockInput = Omit<QformerInput, 'past' | 'image' | 'probes'> & {
  past?: KeyValues;
  image?: KeyValues;
  probe?: Tensor;
};

/** Self-attention for all, cross-attention for the queries, then each part's own feed-forward. */
function block(w: Weights, config: QformerConfig, before: Rows, input: BlockInput): Block {
  const self = selfAttention(w, config, join(before), input);
  const { queries, text } = split(self.rows, before.queries?.shape[1] ?? 0);
  const cross = queries && input.image && crossAttention(w, config, queries, input.image, input);
  const informed = cross?.rows ?? queries;
  return {
    rows: {
      queries: informed && feedForward(w, '_query', config, informed, input.rng),
      text: text && feedForward(w, '', config, text, input.rng),
    },
    keyValues: self.keyValues,
    selfAttention: self.probabilities,
    crossAttention: cross?.probabilities,
  };
}

/** A block of which nothing but its rows stays: its maps cannot be had. */
function recomputedRows(
  w: Weights,
  config: QformerConfig,
  before: Rows,
  { image, mask, rng }: BlockInput,
): Rows {
  const queryCount = before.queries?.shape[1] ?? 0;
  const args = { x: join(before), mask, key: image?.key, value: image?.value };
  const after = recomputable(w, args, rng, (weights, { x, mask, key, value }, draws) => {
    const around = { image: key && value && { key, value }, mask, rng: draws };
    return join(block(weights, config, split(x, queryCount), around).rows);
  });
  return split(after, queryCount);
}

/** x [B, S, D] */
function selfAttention(w: Weights, config: QformerConfig, x: Tensor, { mask, past, rng }: BlockInput) {
  const maps = w.scope('attention.attention');
  const layers = [maps.scope('query'), maps.scope('key'), maps.scope('value')];
  const [query, key, value] = projectHeads(layers, x, config.numAttentionHeads); // [B, H, S, d] each
  const keyValues = past ? extendMemory(past, { key, value }) : { key, value };
  const options = { bias: mask, dropout: config.attentionProbsDropoutProb, rng };
  const { context, probabilities } = multiHeadAttention(query, keyValues, options);
  return { rows: addNorm(w.scope('attention.output'), config, context, x, rng), keyValues, probabilities };
}

/** queries [B, Q, D] */
export function crossAttention(
  w: Weights,
  config: QformerConfig,
  queries: Tensor,
  image: KeyValues,
  { rng, probe }: Pick<BlockInput, 'rng' | 'probe'>,
) {
  const layer = w.scope('crossattention.attention.query');
  const options = { dropout: config.attentionProbsDropoutProb, rng };
  const attend = (rows: Tensor) => {
    const [query] = projectHeads([layer], rows, config.numAttentionHeads); // [B, H, Q, d]
    return multiHeadAttention(query, image, options);
  };
  const isShared = image.key.shape[0] !== queries.shape[0];
  const { context, probabilities } = isShared ? attendShared(attend, queries, image) : attend(queries);
  const read = probe ? context.add(readByProbe(probe, image)) : context; // [B, Q, D]
  return { rows: addNorm(w.scope('crossattention.output'), config, read, queries, rng), probabilities };
}

/**
 * Several texts beside each image, image by image: the queries beside all of them [B, Q, D] read its keys as one long list,
 * so that keys and values [I, H, P, d] need not be repeated.
 */
function attendShared(
  attend: (rows: Tensor) => AttentionOutput,
  queries: Tensor,
  { key }: KeyValues,
): AttentionOutput {
  const [batch, count, width] = queries.shape as [number, number, number];
  const [images, heads, patches] = key.shape as [number, number, number];
  const texts = batch / images;
  const { context, probabilities } = attend(queries.reshape([images, texts * count, width]));
  return {
    context: context.reshape([batch, count, width]),
    probabilities: () =>
      probabilities()
        .reshape([images, heads, texts, count, patches])
        .transpose([0, 2, 1, 3, 4])
        .reshape([batch, heads, count, patches]),
  };
}

/** What would be read if the probe [B, H, Q, P] were added to the probabilities: [B, Q, D]. */
function readByProbe(probe: Tensor, { value }: KeyValues): Tensor {
  const [batch, heads, queries] = probe.shape as [number, number, number];
  const context = matmul(probe, value); // [B, H, Q, d]
  return context.transpose([0, 2, 1, 3]).reshape([batch, queries, heads * value.shape[3]!]);
}

/** Queries have their own weights, BERT's names with the suffix `_query`. */
export function feedForward(
  w: Weights,
  suffix: '' | '_query',
  config: QformerConfig,
  x: Tensor,
  rng?: Rng,
): Tensor {
  const hidden = gelu(linear(w.scope(`intermediate${suffix}.dense`), x)); // [B, S, 4D]
  return addNorm(w.scope(`output${suffix}`), config, hidden, x, rng);
}

/** The queries for each element of the batch. Added to zeros, not tiled: the gradient is then one reduction. */
function broadcastQueries({ queries, text, image }: QformerInput): Rows {
  if (!queries) return { text };
  const batch = text?.shape[0] ?? Object.values(image!)[0].key.shape[0];
  return { queries: tf.zeros([batch, 1, 1]).add(queries), text };
}

function join({ queries, text }: Rows): Tensor {
  return queries && text ? tf.concat([queries, text], 1) : (queries ?? text)!; // [B, S, D]
}

function split(x: Tensor, queryCount: number): Rows {
  const textCount = x.shape[1]! - queryCount;
  if (queryCount === 0) return { text: x };
  if (textCount === 0) return { queries: x };
  const [queries, text] = tf.split(x, [queryCount, textCount], 1);
  return { queries, text };
}
