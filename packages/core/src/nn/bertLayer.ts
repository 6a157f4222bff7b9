/**
 * The post-norm transformer block of BERT, with cross-attention where a decoder reads something (BLIP's med.py).
 * B batch, S rows, D width, M width of what is read, H heads, d = D / H.
 */
import { dropout, type ParameterSpecs, type Rng, type Tensor } from '../runtime';
import { ACTIVATIONS, type Activation } from './activations';
import { projectHeads, type KeyValues } from './attention';
import { layerNorm, linear } from './layers';
import { layerNormSpecs, linearSpecs } from './specs';
import type { Weights } from './weights';

/** Sizes of a block of BERT. */
export interface BertLayerConfig {
  hiddenSize: number;
  intermediateSize: number;
  numAttentionHeads: number;
  hiddenAct: Activation;
  layerNormEps: number;
  hiddenDropoutProb: number;
  attentionProbsDropoutProb: number;
}

/** What a block gets beside its rows: whom they see is the caller's business. */
export interface BertLayerContext {
  /**
   * @param query [B, H, S, d]
   * @param own the same rows' keys and values
   * @param dropout of the probabilities
   * @returns [B, S, D]
   */
  attend: (query: Tensor, own: KeyValues, dropout: number) => Tensor;
  /** Cross-attention, in decoders: query [B, H, S, d] → [B, S, D]. */
  read?: (query: Tensor, dropout: number) => Tensor;
  /** Draws dropout; without it there is none. */
  rng?: Rng;
}

/** Self-attention, cross-attention, feed-forward: [B, S, D] → [B, S, D]. */
export function bertLayer(w: Weights, config: BertLayerConfig, x: Tensor, context: BertLayerContext): Tensor {
  const { numAttentionHeads: heads, attentionProbsDropoutProb: rate } = config;
  const { attend, read, rng } = context;
  const maps = ['query', 'key', 'value'].map((map) => w.scope(`attention.self.${map}`));
  const [query, key, value] = projectHeads(maps, x, heads); // [B, H, S, d] each
  let states = addNorm(w.scope('attention.output'), config, attend(query, { key, value }, rate), x, rng);
  if (read) {
    const [question] = projectHeads([w.scope('crossattention.self.query')], states, heads); // [B, H, S, d]
    states = addNorm(w.scope('crossattention.output'), config, read(question, rate), states, rng);
  }
  const expanded = ACTIVATIONS[config.hiddenAct](linear(w.scope('intermediate.dense'), states));
  return addNorm(w.scope('output'), config, expanded, states, rng);
}

/** What cross-attention reads: states [B, N, M] → keys and values [B, H, N, d]. */
export function crossMemory(w: Weights, config: BertLayerConfig, states: Tensor): KeyValues {
  const maps = ['key', 'value'].map((map) => w.scope(`crossattention.self.${map}`));
  const [key, value] = projectHeads(maps, states, config.numAttentionHeads);
  return { key, value };
}

/** How every sub-layer ends: LayerNorm(residual + dropout(dense(x))). */
export function addNorm(
  w: Weights,
  config: Pick<BertLayerConfig, 'layerNormEps' | 'hiddenDropoutProb'>,
  x: Tensor,
  residual: Tensor,
  rng?: Rng,
): Tensor {
  const update = dropout(linear(w.scope('dense'), x), config.hiddenDropoutProb, rng);
  return layerNorm(w.scope('LayerNorm'), update.add(residual), config.layerNormEps);
}

/** With `memoryWidth` (M), the block of a decoder. */
export function bertLayerSpecs(
  name: string,
  config: BertLayerConfig,
  { std, memoryWidth }: { std: number; memoryWidth?: number },
): ParameterSpecs {
  const { hiddenSize: width, intermediateSize } = config;
  const layer = (at: string, fanIn: number, fanOut: number) =>
    linearSpecs(`${name}.${at}`, fanIn, fanOut, std);
  const attention = (at: string, keyWidth: number): ParameterSpecs => ({
    ...layer(`${at}.self.query`, width, width),
    ...layer(`${at}.self.key`, keyWidth, width),
    ...layer(`${at}.self.value`, keyWidth, width),
    ...layer(`${at}.output.dense`, width, width),
    ...layerNormSpecs(`${name}.${at}.output.LayerNorm`, width),
  });
  return {
    ...attention('attention', width),
    ...(memoryWidth === undefined ? {} : attention('crossattention', memoryWidth)),
    ...layer('intermediate.dense', width, intermediateSize),
    ...layer('output.dense', intermediateSize, width),
    ...layerNormSpecs(`${name}.output.LayerNorm`, width),
  };
}
