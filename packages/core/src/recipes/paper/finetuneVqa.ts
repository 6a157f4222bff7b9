/**
 * Fine-tuning for questions on VQAv2 (train and val) and Visual Genome, with the numbers of the paper's table 8 (ViT-g).
 * LAVIS has no code for it.
 *
 *   npx blip2 finetune vqa --recipe paper-vit-g --data questions.json --from runs/stage2 --stage1 runs/stage1 \
 *     --out models/blip2-opt-2.7b-vqa
 *
 * with questions.json: {"sources": [{"data": "vqav2?dir=DIR&split=train"}, {"data": "vqav2?dir=DIR&split=val"},
 * {"data": "vgqa?dir=DIR"}]}. A smoke run: `--set steps=3 batchSize=2` in addition.
 */
import { QUESTION_ANSWER } from '../../generate';
import type { VqaTuningOptions } from '../vqa';
import { FINETUNE_LOOP, stepsOf } from './finetuneLoop';
import { isLargeOpt, type FinetuneStart } from './finetuneStart';

/** VQAv2's of both splits, and those of Visual Genome 1.2 as commonly given. */
export const VQA_QUESTIONS = 443_757 + 214_354 + 1_445_322;
const BATCH = 128;

/** 82,165 steps of 128 questions about pictures of 490 pixels. */
export function paperVqa(start: FinetuneStart): Omit<VqaTuningOptions, 'data' | 'from' | 'stage1'> {
  return {
    ...FINETUNE_LOOP,
    prompt: QUESTION_ANSWER,
    maxTextLength: 32, // LAVIS's in pre-training: the paper does not say
    imageSize: 490,
    steps: stepsOf(VQA_QUESTIONS, BATCH),
    batchSize: BATCH,
    learningRate: 1e-5,
    layerDecay: isLargeOpt(start) ? 0.9 : 0.95,
  };
}
