/**
 * Stage 2 with the numbers of LAVIS's example, lavis/projects/blip2/train/pretrain_stage2.yaml: ten epochs of COCO and
 * Visual Genome on 16 GPUs, OPT-2.7B behind the Q-Former.
 *
 *   npx blip2 pretrain stage2 --recipe lavis-vit-g --data coco-vg.json --language DIR --from runs/stage1 --out runs/stage2
 *
 * A smoke run: `--set steps=100 batchSize=8` in addition.
 */
import { LAVIS_CAPTIONS } from './lavisStage1';
import { paperStage2 } from './paperStage2';

const EPOCHS = 10;
const BATCH = 16 * 64;

/** In front of either vision tower, with either kind of language model. */
export function lavisStage2(parts: Parameters<typeof paperStage2>[0]): ReturnType<typeof paperStage2> {
  return {
    ...paperStage2(parts),
    steps: EPOCHS * Math.floor(LAVIS_CAPTIONS / BATCH),
    batchSize: BATCH,
    minLearningRate: 1e-5,
    warmupSteps: 2000,
    beta2: 0.999,
  };
}
