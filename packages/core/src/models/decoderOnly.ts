/**
 * All of a decoder-only language model but its blocks: how a prompt and a target become one sequence, how padding is
 * passed over, how tokens come one at a time. A family (opt.ts) says the rest in a `Decoder`.
 *
 * B prompts, P prompt positions, T target tokens, S rows of a sequence, D width of the embeddings, W width of the
 * blocks, H heads, d width of a head, V vocabulary. R rows grow at once, of up to N tokens (sequencer.ts).
 */
import { Blip2Error, tf, type ParameterSpecs, type Rng, type Tensor } from '../runtime';
import {
  causalBias,
  emptyCache,
  incrementalAttention,
  lastReal,
  multiHeadAttention,
  paddingBias,
  realPositions,
  recomputable,
  takeBatch,
  writeAt,
  type KeyValues,
  type Slots,
  type Weights,
} from '../nn';
import type { LanguageTower, Prompt, SpecialTokens } from './languageTower';
import type { Beginning, Feed, Room, Step } from './sequencer';

/**
 * Self-attention over what the rows may see; the block need not know what that is.
 *
 * @param query [B, H, S, d]
 * @param own the same rows' keys and values [B, H, S, d]
 * @param dropout of the probabilities
 * @returns the heads joined: [B, S, H · d]
 */
export type Attend = (query: Tensor, own: KeyValues, dropout?: number) => Tensor;

/** What a block gets beside its rows. */
export interface BlockContext {
  attend: Attend;
  /** int32 [B, S]: each row's number among the real ones, from 0; −1 on padding. */
  positions: Tensor;
  /** Draws dropout; without it there is none. */
  rng?: Rng;
}

/** What makes one family different from another. */
export interface Decoder {
  /** D */
  hiddenSize: number;
  vocabSize: number;
  tokens: SpecialTokens;
  numHiddenLayers: number;
  /** The longest sequence there are positions for; any length without it. */
  maxPositions?: number;
  parameters(): ParameterSpecs;
  /** Word embeddings: ids int32 [B, S] → [B, S, D]. */
  embed(w: Weights, ids: Tensor): Tensor;
  /** What the first block reads: embeddings [B, S, D], positions int32 [B, S] (−1 on padding) → [B, S, W]. */
  enter(w: Weights, embeddings: Tensor, positions: Tensor, rng?: Rng): Tensor;
  /** Block number `layer`: [B, S, W] → [B, S, W]. It attends once. */
  block(w: Weights, layer: number, x: Tensor, context: BlockContext): Tensor;
  /** Logits of the next token, a final norm included: [B, S, W] → [B, S, V]. */
  head(w: Weights, states: Tensor): Tensor;
}

/** A language model that reads the prompt as the beginning of its text. */
export interface DecoderOnlyTower extends LanguageTower {
  /** What the first block reads, then what each block gives: layers + 1 tensors [B, S, W], for a whole sequence. */
  states(w: Weights, sequence: Prompt, rng?: Rng): Tensor[];
}

/** Keys and values of the prompts' rows, per block, and which of the rows are real. */
type Memory = { layers: KeyValues[]; mask: Tensor };

/** The tower of a family; lengths beyond its positions are a Blip2Error. */
export function decoderOnly(decoder: Decoder): DecoderOnlyTower {
  const { hiddenSize, vocabSize, tokens } = decoder;

  function states(w: Weights, { embeddings, mask }: Prompt, rng?: Rng, seen: Partial<Seen> = {}): Tensor[] {
    checkLength(decoder, mask.shape[1]!);
    const bias = causalBias(mask); // [B, 1, S, S]
    const positions = realPositions(mask);
    const block = (layer: number, x: Tensor) =>
      recomputable(w, { x, bias, positions }, rng, (weights, given, draws) => {
        const attend: Attend = (query, own, dropout) => {
          const options = { bias: given.bias, dropout, rng: draws };
          const { context, probabilities } = multiHeadAttention(query, own, options);
          seen.keyValues?.push(own);
          seen.probabilities?.push(probabilities());
          return context;
        };
        const around = { attend, positions: given.positions, rng: draws };
        return decoder.block(weights, layer, given.x, around);
      });
    return walk(decoder, decoder.enter(w, embeddings, positions, rng), block);
  }

  function logits(w: Weights, prompt: Prompt, target: Tensor, rng?: Rng): Tensor {
    const last = states(w, withTarget(w, prompt, target), rng).at(-1)!;
    return decoder.head(w, judged(last, prompt.mask)); // [B, T, V]
  }

  function attentions(w: Weights, prompt: Prompt, target: Tensor): Tensor[] {
    const probabilities: Tensor[] = [];
    states(w, withTarget(w, prompt, target), undefined, { probabilities });
    return probabilities.map((all) => judgedAttention(all, prompt.mask)); // [B, H, T, P] each
  }

  /** The prompt, then the target but its last token: P + T − 1 rows. */
  function withTarget(w: Weights, prompt: Prompt, target: Tensor): Prompt {
    const [batch, length] = target.shape as [number, number];
    const given = decoder.embed(w, target.slice([0, 0], [batch, length - 1])); // [B, T − 1, D]
    return {
      embeddings: tf.concat([prompt.embeddings, given], 1),
      mask: tf.concat([prompt.mask, tf.ones([batch, length - 1], 'int32')], 1),
    };
  }

  function begin(w: Weights, prompt: Prompt, { tokens: room, rowsPerPrompt }: Room): Beginning {
    const [batch, length] = prompt.mask.shape as [number, number];
    checkLength(decoder, length + room);
    const layers: KeyValues[] = [];
    const last = states(w, prompt, undefined, { keyValues: layers }).at(-1)!;
    const first = decoder.head(w, judged(last, prompt.mask)); // [B, 1, V]
    const memory: Memory = { layers, mask: prompt.mask };
    const rows = batch * rowsPerPrompt;
    const cache = layers.map(({ key: { shape } }) => emptyCache(room, rows, shape[1]!, shape[3]!));
    return { memory, cache, logits: first.reshape([batch, vocabSize]) };
  }

  function step(w: Weights, memory: Memory, past: Slots[], feed: Feed): Step {
    const { tokens: ids, position, origins } = feed;
    const rows = ids.shape[0];
    const prompts = memory.mask.shape[0];
    const before = tf.sum(memory.mask, 1, true).add(position); // [B, 1]
    const positions = before.add(tf.zeros([prompts, rows / prompts], 'int32')).reshape([rows, 1]); // [R, 1]
    const padding = paddingBias(memory.mask);
    const cache: Slots[] = [];
    const attendAt =
      (layer: number): Attend =>
      (query, own) => {
        cache[layer] = writeAt(past[layer], own, position);
        const read = { ...memory.layers[layer], bias: padding };
        const written = { ...cache[layer], position, origins };
        return incrementalAttention(query, { read, written }, 1 / Math.sqrt(query.shape[3]!)); // [R, 1, H · d]
      };
    const embeddings = decoder.embed(w, ids.reshape([rows, 1])); // [R, 1, D]
    const block = (layer: number, x: Tensor) =>
      decoder.block(w, layer, x, { attend: attendAt(layer), positions });
    const last = walk(decoder, decoder.enter(w, embeddings, positions), block).at(-1)!;
    return { cache, logits: decoder.head(w, last).reshape([rows, vocabSize]) };
  }

  return {
    architecture: 'decoder-only',
    hiddenSize,
    vocabSize,
    maxPositions: decoder.maxPositions,
    tokens,
    parameters: () => decoder.parameters(),
    embed: (w, ids) => decoder.embed(w, ids),
    states: (w, sequence, rng) => states(w, sequence, rng),
    logits,
    attentions,
    begin,
    step: (w, memory, cache, feed) => step(w, memory as Memory, cache as Slots[], feed),
  };
}

/** What blocks attended to, in their order: the rows' keys and values, and probabilities [B, H, S, S]. */
interface Seen {
  keyValues: KeyValues[];
  probabilities: Tensor[];
}

/** Through all blocks. */
function walk(
  { numHiddenLayers }: Decoder,
  entered: Tensor,
  block: (layer: number, x: Tensor) => Tensor,
): Tensor[] {
  const states = [entered];
  for (let layer = 0; layer < numHiddenLayers; layer++) states.push(block(layer, states[layer]));
  return states;
}

/**
 * The states that target tokens are predicted from: the prompt's last real one, then those of the target but its last:
 * [B, S, W] → [B, S − P + 1, W].
 */
function judged(states: Tensor, promptMask: Tensor): Tensor {
  const [batch, length, width] = states.shape as [number, number, number];
  const prompt = promptMask.shape[1]!;
  const following = tf.zeros([batch, 1], 'int32').add(tf.range(prompt, length, 1, 'int32')); // [B, S − P]
  const places = tf.concat([tf.expandDims(lastReal(promptMask), 1), following], 1); // [B, S − P + 1]
  const starts = tf.range(0, batch * length, length, 'int32').reshape([batch, 1]);
  const chosen = takeBatch(states.reshape([batch * length, width]), places.add(starts).reshape([-1]));
  return chosen.reshape([batch, length - prompt + 1, width]);
}

/** Of the rows that target tokens are predicted from, on the prompt: [B, H, S, S] → [B, H, T, P]. */
function judgedAttention(probabilities: Tensor, promptMask: Tensor): Tensor {
  const [batch, heads, length] = probabilities.shape as [number, number, number];
  const byRow = probabilities.transpose([0, 2, 1, 3]).reshape([batch, length, heads * length]);
  const chosen = judged(byRow, promptMask).reshape([batch, -1, heads, length]); // [B, T, H, S]
  return chosen.slice([0, 0, 0, 0], [-1, -1, -1, promptMask.shape[1]!]).transpose([0, 2, 1, 3]);
}

function checkLength({ maxPositions = Infinity }: Decoder, length: number): void {
  if (length <= maxPositions) return;
  throw new Blip2Error(
    `A sequence of ${length} tokens is too long: the model has ${maxPositions} positions`,
    {
      hint: 'Shorten the text, or ask for fewer new tokens.',
    },
  );
}
