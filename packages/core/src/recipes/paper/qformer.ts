/** The Q-Former of the paper as recipes say it: BERT-base with 32 queries (section 3.1; LAVIS's blip2_models). */

const SIZES = {
  width: 768,
  layers: 12,
  heads: 12,
  feedForward: 3072,
  crossAttentionFrequency: 2,
  dropout: 0.1,
  initStd: 0.02,
  embeddingStd: 0.02,
};

/** In stage 1, where it reads texts too. */
export const PAPER_QFORMER_STAGE1 = { queries: 32, qformer: { ...SIZES, projection: 256, positions: 512 } };

/** In stage 2. A Q-Former that comes from stage 1 has its own sizes anyway. */
export const PAPER_QFORMER_STAGE2 = { queries: 32, qformer: SIZES };
