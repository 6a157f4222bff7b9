/** The Q-Former's size, as the recipes of both stages say it. */
import { z } from 'zod';
import type { QformerConfig } from '../models';

const count = z.number().int().positive();

export const qformerSchema = z.strictObject({
  width: count.default(64),
  layers: count.default(4),
  heads: count.default(4),
  feedForward: count.default(256),
  /** Blocks 0, n, 2n, … read the image. */
  crossAttentionFrequency: count.default(2),
  dropout: z.number().min(0).max(1).default(0),
  /** Standard deviation of new matrices; 1/√fan-in unless given. */
  initStd: z.number().positive().optional(),
  /** Standard deviation of new word embeddings and queries. */
  embeddingStd: z.number().positive().default(0.1),
});

export interface QformerSettings {
  queries: number;
  qformer: z.output<typeof qformerSchema>;
}

/** Of the world around it: the image's width, and the texts that stage 1 reads. */
export type QformerSurroundings = Pick<
  QformerConfig,
  'encoderHiddenSize' | 'useQformerTextInput' | 'vocabSize' | 'maxPositionEmbeddings'
>;

export function qformerConfig(
  { queries, qformer: q }: QformerSettings,
  around: QformerSurroundings,
): QformerConfig {
  return {
    numQueryTokens: queries,
    hiddenSize: q.width,
    numHiddenLayers: q.layers,
    numAttentionHeads: q.heads,
    intermediateSize: q.feedForward,
    crossAttentionFrequency: q.crossAttentionFrequency,
    layerNormEps: 1e-12,
    hiddenDropoutProb: q.dropout,
    attentionProbsDropoutProb: q.dropout,
    initializerRange: q.initStd,
    embeddingRange: q.embeddingStd,
    ...around,
  };
}

/** What `qformerConfig` makes of them is the Q-Former of this configuration again. */
export function qformerSettings(config: QformerConfig): QformerSettings {
  return {
    queries: config.numQueryTokens,
    qformer: {
      width: config.hiddenSize,
      layers: config.numHiddenLayers,
      heads: config.numAttentionHeads,
      feedForward: config.intermediateSize,
      crossAttentionFrequency: config.crossAttentionFrequency,
      dropout: config.hiddenDropoutProb,
      initStd: config.initializerRange,
      embeddingStd: config.embeddingRange,
    },
  };
}
