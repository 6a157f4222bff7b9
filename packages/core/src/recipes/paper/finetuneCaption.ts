/**
 * Fine-tuning for captions on COCO, with the numbers of the paper's table 7 (ViT-g), and with those of LAVIS's
 * lavis/projects/blip2/train/caption_coco_ft.yaml, which has no decay from block to block.
 *
 *   npx blip2 finetune caption --recipe paper-vit-g --data 'coco?dir=DIR&split=train' --from runs/stage2 \
 *     --out models/blip2-opt-2.7b-coco
 *
 * A smoke run: `--set steps=3 batchSize=2` in addition.
 */
import type { CaptioningOptions } from '../captioning';
import { COCO_CAPTIONS, FINETUNE_LOOP, stepsOf } from './finetuneLoop';
import { isLargeOpt, type FinetuneStart } from './finetuneStart';

type Options = Omit<CaptioningOptions, 'data' | 'from'>;

const BATCH = 256;

/** 11,065 steps of 256 pictures of 364 pixels. */
export function paperCaption(start: FinetuneStart): Options {
  return {
    ...FINETUNE_LOOP,
    prompt: 'a photo of',
    maxTextLength: 32, // LAVIS's: the paper does not say
    imageSize: 364,
    steps: stepsOf(COCO_CAPTIONS, BATCH),
    batchSize: BATCH,
    learningRate: 1e-5,
    layerDecay: isLargeOpt(start) ? 0.95 : 1,
  };
}

/** The same without decay from block to block, whichever language model it is. */
export const lavisCaption = (start: FinetuneStart): Options => ({ ...paperCaption(start), layerDecay: 1 });
