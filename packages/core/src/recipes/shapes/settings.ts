/**
 * Stage 1 on the Shapes world: a small Q-Former from scratch in front of the world's own CLIP ViT, about two minutes of
 * training on two cores.
 *
 *   npx blip2 pretrain stage1 --recipe shapes --data shapes --out runs/stage1
 *   npx blip2 evaluate retrieval --model runs/stage1 --data shapes
 *
 * A smoke run: the first line with `--set steps=60`.
 *
 * Studies name what they use of this: results made with other settings are out of date.
 */
import type { ShapesOptions } from '@blip2/datasets';
import type { RetrievalTuningOptions } from '../retrievalOptions';
import type { LanguageTower } from '../../models';
import type { Stage1Options } from '../stage1Options';
import type { Stage2Options } from '../stage2Options';

/** Of both stages: small enough for two cores. */
const SHAPES_QFORMER = {
  width: 64,
  layers: 4,
  heads: 4,
  feedForward: 256,
  crossAttentionFrequency: 2,
  embeddingStd: 0.1,
};

/** Candidates that ITM ranks anew, of the thousand captions of a split. */
export const SHAPES_CANDIDATES = 32;

/** Stage 1 on the Shapes world. */
export const shapesStage1: Omit<Stage1Options, 'data'> = {
  queries: 8,
  losses: { itc: 1, itm: 1, itg: 1 },
  qformer: SHAPES_QFORMER,
  temperature: 0.07,
  steps: 1000,
  batchSize: 64,
  learningRate: 2e-3,
  warmupSteps: 50,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 1,
};

/** Of each arm of the studies of stage 1, tuned alike on the validation split. */
export const STAGE1_RATES = {
  base: shapesStage1.learningRate,
  withoutItg: 2e-3,
  lastBlock: 3e-3,
  bert: 2e-3,
  webCaptions: 2e-3,
  capfilt: 2e-3,
};

/**
 * What stage 2, and the stage 1 before it, read: captions of one of the three objects. They leave most of the picture
 * unsaid, as the web's do: what a question asks for must have been understood before the language model is there to ask.
 */
export const SHORT_CAPTIONS: ShapesOptions['captions'] = { objects: 1 };

/** Stage 1 on short captions: what is to be read together with a language model is learned sooner than relations are. */
export const shapesShortStage1: typeof shapesStage1 = { ...shapesStage1, steps: 600 };

/**
 * Fine-tuning for retrieval, from a stage-1 run.
 *
 *   npx blip2 finetune retrieval --recipe shapes --data shapes --from runs/stage1 --out runs/retrieval
 */
export const shapesRetrieval: Omit<RetrievalTuningOptions, 'data' | 'from'> = {
  losses: { itc: 1, itm: 1, itg: 1 },
  steps: 300,
  batchSize: 32,
  learningRate: 1e-3,
  warmupSteps: 30,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 1,
};

/** Of each arm of table 6, tuned alike on the validation split. */
export const RETRIEVAL_RATES = { base: shapesRetrieval.learningRate, withoutItg: 5e-4 };

/** Of each arm of figure 5, tuned alike on the validation split. */
export const STAGE2_RATES = {
  'decoder-only': { withStage1: 2e-3, withoutStage1: 2e-3 },
  'encoder-decoder': { withStage1: 2e-3, withoutStage1: 2e-3 },
};

/** What settings depend on of a language model. */
export interface LanguageKind {
  tower: Pick<LanguageTower, 'architecture'>;
}

/**
 * Stage 2 on the Shapes world, about half a minute on two cores.
 *
 *   npx blip2 pretrain stage2 --recipe shapes --data shapes --language opt --from runs/stage1 --out runs/stage2
 *   npx blip2 evaluate vqa --model runs/stage2 --data shapes
 */
export function shapesStage2({
  language,
  from,
}: {
  language: LanguageKind;
  /** Anything, if a stage 1 came before. */
  from?: object;
}): Omit<Stage2Options, 'data' | 'language' | 'from'> {
  const rates = STAGE2_RATES[language.tower.architecture];
  return {
    queries: shapesStage1.queries,
    qformer: SHAPES_QFORMER,
    steps: 300,
    batchSize: 64,
    learningRate: from ? rates.withStage1 : rates.withoutStage1,
    warmupSteps: 30,
    weightDecay: 0.05,
    beta1: 0.9,
    beta2: 0.98,
    clipNorm: 1,
  };
}

/** A long stage 2 without stage 1: what figure 5 calls catastrophic forgetting is seen after the peak, if at all. */
export function shapesLongStage2(parts: {
  language: LanguageKind;
}): Omit<Stage2Options, 'data' | 'language' | 'from'> {
  return { ...shapesStage2(parts), steps: 1500, learningRate: 2e-3 };
}
