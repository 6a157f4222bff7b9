/**
 * Fine-tuning for retrieval on COCO, with the numbers of the paper's table 9, and with those of LAVIS's
 * lavis/projects/blip2/train/retrieval_coco_ft.yaml (ViT-g), whose decay from block to block nothing reads.
 *
 *   npx blip2 finetune retrieval --recipe paper-vit-g --data 'coco?dir=DIR&split=train' --from runs/stage1 \
 *     --out models/blip2-itm-vit-g-coco
 *
 * Table 6's other row: `--set losses.itg=0`. A smoke run: `--set steps=3 batchSize=2` in addition.
 */
import type { RetrievalTuningOptions } from '../retrievalOptions';
import { COCO_CAPTIONS, FINETUNE_LOOP, stepsOf } from './finetuneLoop';

type Options = Omit<RetrievalTuningOptions, 'data' | 'from'>;

const BATCH = 224;

/** 12,650 steps of 224 pictures of 364 pixels. */
export const paperRetrievalVitG: Options = {
  ...FINETUNE_LOOP,
  losses: { itc: 1, itm: 1, itg: 1 },
  imageSize: 364,
  steps: stepsOf(COCO_CAPTIONS, BATCH),
  batchSize: BATCH,
  learningRate: 1e-5,
  layerDecay: 0.95,
};

/** Half the rate, and no decay from block to block. */
export const paperRetrievalVitL: Options = {
  ...paperRetrievalVitG,
  learningRate: 5e-6,
  beta2: 0.98,
  layerDecay: 1,
};

/** As the paper's behind ViT-g, but for the decay. */
export const lavisRetrieval: Options = { ...paperRetrievalVitG, layerDecay: 1 };
