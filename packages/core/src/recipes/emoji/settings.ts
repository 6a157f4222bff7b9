/**
 * Both stages on Emoji, or on any folder of a few thousand pictures, with towers that were made of it. Minutes on two
 * cores:
 *
 *   npx blip2 towers --data emoji
 *   npx blip2 pretrain stage1 --recipe emoji --data emoji --out runs/emoji
 *   npx blip2 evaluate retrieval --model runs/emoji --data emoji --split style
 *   npx blip2 finetune retrieval --recipe emoji --data emoji --from runs/emoji --out runs/emoji-found
 *   npx blip2 pretrain stage2 --recipe emoji --data emoji --language opt --from runs/emoji --out runs/emoji-opt
 *   npx blip2 evaluate vqa --model runs/emoji-opt --data emoji --blind
 *   npx blip2 finetune caption --recipe emoji --data emoji --from runs/emoji-opt --out runs/emoji-captions
 *   npx blip2 finetune vqa --recipe emoji --data emoji --from runs/emoji-opt --out runs/emoji-vqa
 *
 * A smoke run: `--set steps=20`. Data of your own: the folder in place of `emoji` after `--data`.
 */
import type { CaptioningOptions } from '../captioning';
import type { RetrievalTuningOptions } from '../retrievalOptions';
import type { Stage1Options } from '../stage1Options';
import type { Stage2Options } from '../stage2Options';
import type { VqaTuningOptions } from '../vqa';

const OPTIMIZER = { weightDecay: 0.05, beta1: 0.9, beta2: 0.98, clipNorm: 1 };

const QFORMER = {
  width: 64,
  layers: 4,
  heads: 4,
  feedForward: 256,
  crossAttentionFrequency: 2,
  embeddingStd: 0.1,
};

/** Captions of Emoji have up to twelve words, of which rare ones are spelled. */
const MAX_TEXT_LENGTH = 24;

/** Stage 1 on Emoji. */
export const emojiStage1: Omit<Stage1Options, 'data'> = {
  queries: 8,
  losses: { itc: 1, itm: 1, itg: 1 },
  qformer: QFORMER,
  temperature: 0.07,
  maxTextLength: MAX_TEXT_LENGTH,
  steps: 600,
  batchSize: 64,
  learningRate: 2e-3,
  warmupSteps: 50,
  ...OPTIMIZER,
};

/** Of all fine-tuning, which trains the image encoder. */
const FINETUNING = { steps: 300, batchSize: 32, learningRate: 5e-4, warmupSteps: 30, ...OPTIMIZER };

/** Fine-tuning for retrieval on Emoji. */
export const emojiRetrieval: Omit<RetrievalTuningOptions, 'data' | 'from'> = {
  losses: { itc: 1, itm: 1, itg: 1 },
  ...FINETUNING,
};

/** Stage 2 on Emoji. */
export const emojiStage2: Omit<Stage2Options, 'data' | 'language' | 'from'> = {
  queries: 8,
  qformer: QFORMER,
  maxTextLength: MAX_TEXT_LENGTH,
  steps: 300,
  batchSize: 64,
  learningRate: 2e-3,
  warmupSteps: 30,
  ...OPTIMIZER,
};

/** Fine-tuning for captions on Emoji. */
export const emojiCaptioning: Omit<CaptioningOptions, 'data' | 'from'> = {
  maxTextLength: MAX_TEXT_LENGTH,
  ...FINETUNING,
};

/** Fine-tuning for questions on Emoji. */
export const emojiVqa: Omit<VqaTuningOptions, 'data' | 'from'> = {
  maxTextLength: MAX_TEXT_LENGTH,
  ...FINETUNING,
};
