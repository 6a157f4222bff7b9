/**
 * Stage 1 in front of a CLIP ViT-L/14, with the numbers of the paper (section 3.4).
 *
 *   npx blip2 pretrain stage1 --recipe paper-vit-l --data mix.json --out runs/stage1 \
 *     --set tower=DIR tokenizer=DIR initialise.bert=DIR
 *
 * A smoke run: `--set steps=100 batchSize=8` in addition. Folders of random weights: `npx tsx bench/paperShapes.ts`.
 */
import type { Stage1Options } from '../stage1Options';
import { PAPER_QFORMER_STAGE1 } from './qformer';

/** 250,000 steps of 2,320 pictures. */
export const paperStage1VitL: Omit<Stage1Options, 'data'> = {
  ...PAPER_QFORMER_STAGE1,
  losses: { itc: 1, itm: 1, itg: 1 },
  temperature: 0.07,
  maxTextLength: 32, // LAVIS's: the paper does not say
  imageSize: 224,
  towerType: 'float16',
  steps: 250_000,
  batchSize: 2320,
  learningRate: 1e-4,
  minLearningRate: 1e-5, // the author's, LAVIS issue 243: the paper gives one for stage 2 alone
  warmupSteps: 2000,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 0, // the paper speaks of none
  precision: 'bf16', // the paper: mixed precision in FP16
};
