/**
 * Stage 1 with the numbers of LAVIS's example, lavis/projects/blip2/train/pretrain_stage1.yaml: ten epochs of COCO and
 * Visual Genome on 16 GPUs. It is an example, its authors say (LAVIS issues 243, 469); the weights that they published
 * were trained with the paper's.
 *
 *   npx blip2 pretrain stage1 --recipe lavis-vit-g --data coco-vg.json --out runs/stage1 \
 *     --set tower=DIR tokenizer=DIR initialise.bert=DIR
 *
 * A smoke run: `--set steps=100 batchSize=8` in addition.
 */
import { paperStage1VitL } from './paperStage1VitL';

/** Captions: 566,747 of COCO, about 769,000 of Visual Genome. LAVIS counts epochs, by captions. */
export const LAVIS_CAPTIONS = 566_747 + 769_000;
const EPOCHS = 10;
const BATCH = 16 * 100;

/** In front of either vision tower. */
export const lavisStage1: typeof paperStage1VitL = {
  ...paperStage1VitL,
  steps: EPOCHS * Math.floor(LAVIS_CAPTIONS / BATCH),
  batchSize: BATCH,
  minLearningRate: 1e-5,
  warmupSteps: 5000,
  beta2: 0.999,
};
