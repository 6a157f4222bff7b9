/**
 * Fine-tuning after stage 2 on the Shapes world, image encoder included: for captions, for questions, and for retrieval
 * where it is to carry over to other worlds.
 *
 *   npx blip2 finetune caption --recipe shapes --data shapes --from runs/stage2 --out runs/captions
 *   npx blip2 finetune vqa --recipe shapes --data shapes --from runs/stage2 --stage1 runs/stage1 --out runs/vqa
 *
 * All that is exported here decides what studies find, and is hashed with their results.
 */
import type { ShapesOptions } from '@blip2/datasets';
import type { CaptioningOptions } from '../captioning';
import type { VqaTuningOptions } from '../vqa';
import type { Stage2Model } from '../stage2Model';
import { SHORT_CAPTIONS } from './settings';

/** The stage-2 run that is gone on with. */
interface Start {
  from: { model: Pick<Stage2Model, 'parts'> };
}
const kindOf = ({ from }: Start) => from.model.parts.language.tower.architecture;

/** Of both recipes: 300 steps are about three minutes on two cores. */
export const FINETUNING_LOOP = {
  steps: 300,
  batchSize: 32,
  warmupSteps: 30,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.98,
  clipNorm: 1,
};

/** Of each kind of language model, chosen on the validation split. */
export const CAPTIONING_RATES = { 'decoder-only': 5e-4, 'encoder-decoder': 5e-4 };
export const VQA_RATES = {
  'decoder-only': { withQuestion: 5e-4, withoutQuestion: 5e-4 },
  'encoder-decoder': { withQuestion: 5e-4, withoutQuestion: 5e-4 },
};

export function shapesCaptioning(start: Start): Omit<CaptioningOptions, 'data' | 'from'> {
  return { ...FINETUNING_LOOP, learningRate: CAPTIONING_RATES[kindOf(start)] };
}

export function shapesVqa(
  start: Start & Pick<VqaTuningOptions, 'stage1'>,
): Omit<VqaTuningOptions, 'data' | 'from' | 'stage1'> {
  const rates = VQA_RATES[kindOf(start)];
  return { ...FINETUNING_LOOP, learningRate: start.stage1 ? rates.withQuestion : rates.withoutQuestion };
}

/**
 * What captioning is fine-tuned and tested on, as COCO and NoCaps are: scenes of seen combinations with five captions
 * each; and, with ten, other scenes of seen ones, of one unseen beside seen ones, and of unseen ones alone. A caption
 * names one object, as in stage 2.
 */
export const COCO_SCENES: ShapesOptions = { domain: 'in', captions: { ...SHORT_CAPTIONS, perScene: 5 } };
/** Captioning's test worlds: seen combinations, one unseen among seen ones, unseen ones alone. */
export const NOCAPS_SCENES: Record<'in' | 'near' | 'out', ShapesOptions> = {
  in: nocaps('in'),
  near: nocaps('near'),
  out: nocaps('out'),
};

function nocaps(domain: 'in' | 'near' | 'out'): ShapesOptions {
  return { seed: 1, domain, train: 0, validation: 0, captions: { ...SHORT_CAPTIONS, perScene: 10 } };
}

/** A world of other pictures and other words for the same things, as Flickr30K is beside COCO. */
export const SHIFTED_SCENES: ShapesOptions = {
  seed: 1,
  style: 'hatched',
  train: 0,
  captions: { phrasing: 'sentences' },
};
