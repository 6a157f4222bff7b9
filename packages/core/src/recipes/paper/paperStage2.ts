/**
 * Stage 2, with the numbers of the paper (section 3.4), in front of either vision tower: less than three days on 16
 * A100-40G with ViT-g and FlanT5-XXL.
 *
 *   npx blip2 pretrain stage2 --recipe paper-vit-g --data mix.json --language DIR --from runs/stage1 --out runs/stage2
 *
 * A smoke run: `--set steps=100 batchSize=8` in addition.
 */
import type { LanguageKind } from '../shapes/settings';
import type { Stage2Options } from '../stage2Options';
import { PAPER_QFORMER_STAGE2 } from './qformer';

/** 80,000 steps of 1,920 pictures (OPT) or 1,520 (FlanT5). */
export function paperStage2({
  language,
}: {
  language: LanguageKind;
}): Omit<Stage2Options, 'data' | 'language'> {
  const isDecoderOnly = language.tower.architecture === 'decoder-only';
  return {
    ...PAPER_QFORMER_STAGE2,
    maxTextLength: 32, // LAVIS's: the paper does not say
    imageSize: 224,
    towerType: 'float16',
    languageType: isDecoderOnly ? 'float16' : 'bfloat16',
    steps: 80_000,
    batchSize: isDecoderOnly ? 1920 : 1520,
    learningRate: 1e-4,
    minLearningRate: 5e-5,
    warmupSteps: 2000,
    weightDecay: 0.05,
    beta1: 0.9,
    beta2: 0.98,
    clipNorm: 0,
    precision: 'bf16',
  };
}
