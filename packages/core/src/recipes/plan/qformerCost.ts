/**
 * What the Q-Former costs in stage 1 and in stage 2, as losses/stage1.ts and models/blip2.ts run it.
 * Q queries, T text tokens, P patches, D width, F feed-forward width, H heads.
 */
import type { Blip2QformerConfig, QformerConfig } from '../../models';
import type { Cost } from './cost';

/** Rows of a pass through the blocks. */
interface Pass {
  queries: number;
  text: number;
  /** Whether the keys and values of the image are copied for it: ITM's negatives each need another image's. */
  copiesImage: boolean;
}

interface Surroundings {
  patches: number;
  /** T */
  textLength: number;
}

/** Stage 1: images, texts and captions in one pass, three kinds of pairs in another; keys and values are shared. */
export function stage1Cost(
  config: Blip2QformerConfig,
  { patches, textLength: text }: Surroundings,
  losses: { itm: boolean; itg: boolean } = { itm: true, itg: true },
): Cost {
  const { qformer } = config;
  const { numQueryTokens: queries, hiddenSize: width, vocabSize } = qformer;
  const pair: Pass = { queries, text, copiesImage: true };
  const passes: Pass[] = [
    { queries, text: losses.itg ? 2 * text : text, copiesImage: false },
    ...(losses.itm ? [pair, pair, pair] : []),
  ];
  const body = passesCost(qformer, patches, passes);
  const judged = losses.itg ? text - 1 : 0;
  const head = 2 * judged * width * (vocabSize + width);
  // Logits, their slope, and the smoothed gradient.
  const kept = judged * (3 * vocabSize + 6 * width);
  return {
    forward: body.forward + head,
    backward: body.backward + 2 * head,
    kept: body.kept + kept,
    keptByRecompute: body.keptByRecompute + kept,
  };
}

/**
 * Stage 2: the queries alone over the image; with `text`, a question beside them. Where the image's own gradient is not
 * wanted, that of its norm comes with the one of keys and values (`normedLinear`).
 */
export function queriesCost(
  qformer: QformerConfig,
  { patches, textLength, trainsVision = false }: Surroundings & { trainsVision?: boolean },
): Cost {
  const pass = { queries: qformer.numQueryTokens, text: textLength, copiesImage: false };
  const { backward, ...cost } = passesCost(qformer, patches, [pass]);
  return { ...cost, backward: trainsVision ? backward : backward - readingOperations(qformer, patches) };
}

/** Keys and values of an image, for all blocks that read it. */
function readingOperations(
  { hiddenSize, encoderHiddenSize, numHiddenLayers, crossAttentionFrequency }: QformerConfig,
  patches: number,
): number {
  const reading = Math.ceil(numHiddenLayers / crossAttentionFrequency);
  return reading * 2 * patches * encoderHiddenSize * 2 * hiddenSize;
}

function passesCost(config: QformerConfig, patches: number, passes: readonly Pass[]): Cost {
  const { hiddenSize: D, intermediateSize: F, numAttentionHeads: H, encoderHiddenSize: W } = config;
  const reading = Math.ceil(config.numHiddenLayers / config.crossAttentionFrequency);
  const layers = config.numHiddenLayers;
  const memory = 2 * patches * D; // keys and values of an image, for one block
  let operations = readingOperations(config, patches);
  let kept = patches * W + reading * memory; // the image after its norm
  let [keptByRecompute, largest] = [kept, 0];
  for (const { queries: q, text, copiesImage } of passes) {
    const rows = q + text;
    operations += layers * (2 * rows * (4 * D * D + 2 * D * F) + 4 * rows * rows * D);
    operations += reading * (2 * q * 2 * D * D + 4 * q * patches * D);
    const dropped = config.attentionProbsDropoutProb > 0 ? 3 : 1; // probabilities, dropout's mask, what is left
    const mask = config.hiddenDropoutProb > 0 ? 1 : 0;
    // Queries, keys, values, context, norm and sum of attention; the activation's input, slope and output; norm and sum.
    const block = rows * ((8 + 2 * mask) * D + 3 * F) + dropped * H * rows * rows;
    const cross = q * (4 + mask) * D + dropped * H * q * patches + (copiesImage ? memory : 0);
    kept += layers * block + reading * cross;
    keptByRecompute += layers * rows * D;
    largest += block + cross;
  }
  return { forward: operations, backward: 2 * operations, kept, keptByRecompute: keptByRecompute + largest };
}
